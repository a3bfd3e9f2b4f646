"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";

export type Card = Schemas["CardOut"];
export type Story = Schemas["StoryOut"];
export type Manager = Schemas["ManagerOut"];
export type Company = Schemas["CompanyOut"];
export type CompanyWhole = Schemas["CompanyWholeOut"];
export type Proposal = Schemas["ReassignmentOut"];
export type Happened = Schemas["TimelineItem"];
export type View = Schemas["View"];

export const deskKeys = {
  all: ["desk"] as const,
  request: (id: string) => ["desk", "request", id] as const,
  managers: ["desk", "managers"] as const,
};
const PAGE = 50;

/** A view of the open requests, what should be dealt with first at the top. */
export function todayQuery(view: View, manager?: string) {
  return infiniteQueryOptions({
    queryKey: [...deskKeys.all, "today", view, manager],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/desk/today", { params: { query: { view, manager, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.more ? pages.length * PAGE : undefined),
  });
}

export type Filters = { q?: string; status?: Schemas["Status"][]; kind?: "accounting" | "support"; manager?: string };

/** All requests that fit, newest first. */
export function requestsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: [...deskKeys.all, "requests", filters],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/consultations", { params: { query: { ...filters, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function storyQuery(id: string) {
  return queryOptions({
    queryKey: deskKeys.request(id),
    queryFn: () => data(client.GET("/api/desk/requests/{name}", { params: { path: { name: id } } })),
  });
}

export function timelineQuery(id: string) {
  return queryOptions({
    queryKey: [...deskKeys.request(id), "timeline"],
    queryFn: () => data(client.GET("/api/consultations/{name}/timeline", { params: { path: { name: id } } })),
  });
}

export const managersQuery = queryOptions({
  queryKey: deskKeys.managers,
  queryFn: () => data(client.GET("/api/desk/managers")),
  // A closed day is no event of a request, so no topic tells of it, nor that 1C has taken it.
  refetchInterval: (query) => (query.state.data?.some((each) => each.unsent.length > 0) ? 3000 : 20_000),
});

export const proposalsQuery = queryOptions({
  queryKey: [...deskKeys.all, "proposals"],
  queryFn: () => data(client.GET("/api/reassignments", { params: { query: { limit: 100 } } })),
});

export function companiesQuery(q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...deskKeys.all, "clients", q],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/desk/clients", { params: { query: { q, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.more ? pages.length * PAGE : undefined),
  });
}

export const doublesQuery = queryOptions({
  queryKey: [...deskKeys.all, "doubles"],
  queryFn: () => data(client.GET("/api/desk/clients/doubles")),
});

export function companyQuery(id: string) {
  return queryOptions({
    queryKey: [...deskKeys.all, "client", id],
    queryFn: () => data(client.GET("/api/desk/clients/{client_id}", { params: { path: { client_id: id } } })),
  });
}

/** An act after which everything of the desk is read anew. */
function useAct<Given>(act: (given: Given) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: () => queries.invalidateQueries({ queryKey: deskKeys.all }) });
}

/** Refused when it is with another manager by now than the reader sees. */
export function useHandOver({ cons_id, manager }: Card) {
  return useAct((manager_key: string) =>
    data(client.POST("/api/desk/requests/{name}/manager", { params: { path: { name: cons_id } }, body: { manager_key, from_manager: manager } })),
  );
}

/** Both partners are asked what they show of a request now. */
export function useLookAgain(id: string) {
  return useAct(() => data(client.POST("/api/consultations/{name}/sync", { params: { path: { name: id } } })));
}

export function useClosing() {
  return useAct(({ manager, day, closed }: { manager: string; day: string; closed: boolean }) =>
    data(client.PUT("/api/desk/managers/{manager_key}/closings/{day}", { params: { path: { manager_key: manager, day } }, body: { closed } })),
  );
}

export function useDecide() {
  return useAct(({ number, take }: { number: number; take: boolean }) => {
    const where = { params: { path: { number } } };
    return take ? data(client.POST("/api/reassignments/{number}/accept", where)) : data(client.POST("/api/reassignments/{number}/decline", where));
  });
}
