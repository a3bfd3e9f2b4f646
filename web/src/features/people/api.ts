"use client";

import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useStepUp } from "@/features/session/step-up";
import { client, data, type Schemas } from "@/shared/api/client";

export type Person = Schemas["PersonOut"];
export type Act = Schemas["ActOut"];
export const STAFF_ROLES = ["manager", "head", "administrator", "auditor"] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];
export type Whose = StaffRole | "client";

const keys = { people: ["people"] as const, acts: ["acts"] as const };
const PAGE = 50;

/** People with accounts, newest first. */
export function peopleQuery(text: string, role: Whose | undefined) {
  return infiniteQueryOptions({
    queryKey: [...keys.people, text, role],
    queryFn: ({ pageParam }) => data(client.GET("/api/people", { params: { query: { text: text || undefined, role, after: pageParam, limit: PAGE } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** What people did, newest first. */
export function actsQuery(text: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.acts, text],
    queryFn: ({ pageParam }) => data(client.GET("/api/audit", { params: { query: { text: text || undefined, cursor: pageParam, limit: PAGE } } })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Give or take a role, lock or unlock: whoever does it shows once more who he is. */
export function useChangePerson() {
  const guard = useStepUp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ person, ...body }: { person: string } & Schemas["PersonIn"]) =>
      guard(() => client.PATCH("/api/people/{person_id}", { params: { path: { person_id: person } }, body })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: keys.people }), queries.invalidateQueries({ queryKey: keys.acts })]),
  });
}
