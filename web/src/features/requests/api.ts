"use client";

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";

export type Request = Schemas["ConsultationOut"];
export type Status = Schemas["Status"];
export type Filters = { status?: Status[]; q?: string };

export const requestKeys = {
  all: ["requests"] as const,
  one: (id: string) => ["requests", "one", id] as const,
};

const PAGE = 25;

/** The reader's requests, newest first, page by page. */
export function requestsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: [...requestKeys.all, "list", filters],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/consultations", { params: { query: { ...filters, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function requestQuery(id: string) {
  return queryOptions({
    queryKey: requestKeys.one(id),
    queryFn: () => data(client.GET("/api/consultations/{name}", { params: { path: { name: id } } })),
  });
}
