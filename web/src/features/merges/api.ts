"use client";

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useStepUp } from "@/features/session/step-up";
import { client, data, type Schemas } from "@/shared/api/client";

export type Pair = Schemas["PairOut"];
export type Decided = Schemas["DecidedOut"];
export type Company = Schemas["CompanyOut"];

const ALL = ["merges"] as const;
/** Pairs are no events of a request, so no topic tells of them. */
const EVERY = { refetchInterval: 20_000 };

export const pairsQuery = queryOptions({ queryKey: [...ALL, "waiting"], queryFn: () => data(client.GET("/api/merges")), ...EVERY });
export const decidedQuery = queryOptions({ queryKey: [...ALL, "decided"], queryFn: () => data(client.GET("/api/merges/decided")), ...EVERY });

/** Companies by any sign, to pick one by hand. */
export function companiesQuery(q: string) {
  return queryOptions({
    queryKey: [...ALL, "companies", q],
    queryFn: () => data(client.GET("/api/desk/clients", { params: { query: { q, limit: 20 } } })),
    enabled: q.length > 1,
  });
}

/** Say whether two are one company; joining them asks for a fresh proof. */
export function useDecide() {
  const guard = useStepUp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["DecisionIn"]) => guard(() => client.POST("/api/merges", { body })),
    onSettled: () => queries.invalidateQueries({ queryKey: ALL }),
  });
}

/** Take a decision back: the pair waits again. */
export function useTakeBack() {
  const guard = useStepUp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ organisation_id, client_id }: Decided) =>
      guard(() => client.DELETE("/api/merges/{organisation_id}/{client_id}", { params: { path: { organisation_id, client_id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ALL }),
  });
}

/** An organisation with the clients that it may be, as the API gives them: one row for each pair. */
export function grouped(rows: Pair[]): Pair[][] {
  const found = new Map<string, Pair[]>();
  for (const row of rows) found.set(row.organisation_id, [...(found.get(row.organisation_id) ?? []), row]);
  return [...found.values()];
}
