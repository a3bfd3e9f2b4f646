"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";

export type Overview = Schemas["OverviewOut"];
export type Process = Schemas["ProcessOut"];
export type Partner = Schemas["PartnerOut"];
export type PartnerPoint = Schemas["PartnerPointOut"];
export type RunPoint = Schemas["RunPointOut"];
export type Run = Schemas["RunOut"];
export type Drift = Schemas["DriftOut"];
export type Letter = Schemas["LetterOut"];
export type LetterKind = Schemas["LetterActIn"]["kind"];

export const opsKeys = { all: ["ops"] as const };
const PAGE = 50;
/** The machinery tells no live topic: it is asked, while its page is seen. */
const EVERY = { refetchInterval: 10_000 };

export const overviewQuery = queryOptions({
  queryKey: [...opsKeys.all, "overview"],
  queryFn: () => data(client.GET("/api/ops/overview")),
  ...EVERY,
});

export function runsQuery(process: string | undefined, hours: number, bad: boolean) {
  return queryOptions({
    queryKey: [...opsKeys.all, "runs", process, hours, bad],
    queryFn: () => data(client.GET("/api/ops/runs", { params: { query: { process, hours, bad, limit: 50 } } })),
    refetchInterval: 20_000,
  });
}

export function partnersQuery(hours: number) {
  return queryOptions({
    queryKey: [...opsKeys.all, "partners", hours],
    queryFn: () => data(client.GET("/api/ops/partners", { params: { query: { hours } } })),
    refetchInterval: 20_000,
  });
}

export const driftQuery = infiniteQueryOptions({
  queryKey: [...opsKeys.all, "drift"],
  queryFn: ({ pageParam }) => data(client.GET("/api/ops/drift", { params: { query: { skip: pageParam, limit: PAGE } } })),
  initialPageParam: 0,
  getNextPageParam: (page, pages) => (page.more ? pages.length * PAGE : undefined),
  ...EVERY,
});

export function lettersQuery(kind: LetterKind | undefined, q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...opsKeys.all, "letters", kind, q],
    queryFn: ({ pageParam }) => data(client.GET("/api/ops/dead-letters", { params: { query: { kind, q, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.more ? pages.length * PAGE : undefined),
    ...EVERY,
  });
}

export function letterQuery(letter: Letter) {
  return queryOptions({
    // Not below the others: an act makes those stale, and this one would be asked for when it is there no more.
    queryKey: ["ops-letter", letter.kind, letter.id],
    gcTime: 0,
    queryFn: () => data(client.GET("/api/ops/dead-letters/{kind}", { params: { path: { kind: letter.kind as LetterKind }, query: { id: letter.id } } })),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}

export const TOLD_STATES = ["queued", "sending", "sent", "unknown", "failed", "refused", "expired"] as const;
export type ToldState = (typeof TOLD_STATES)[number];
export type Told = Schemas["MessageOut"];

export function toldQuery(state: ToldState | undefined) {
  return infiniteQueryOptions({
    queryKey: [...opsKeys.all, "told", state],
    queryFn: ({ pageParam }) => data(client.GET("/api/notifications", { params: { query: { state, cursor: pageParam, limit: PAGE } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...EVERY,
  });
}

function useAct<Given, Done>(act: (given: Given) => Promise<Done>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: () => queries.invalidateQueries({ queryKey: opsKeys.all }) });
}

export function useRepair() {
  return useAct((item: { consultation: string; kind: string }) => data(client.POST("/api/ops/drift/repair", { body: item })));
}

export function useToldAgain() {
  return useAct((id: string) => data(client.POST("/api/notifications/{id_}/retry", { params: { path: { id_: id } } })));
}

export function useLetterAct() {
  return useAct((body: Schemas["LetterActIn"]) => data(client.POST("/api/ops/dead-letters/act", { body })));
}
