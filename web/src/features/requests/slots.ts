"use client";

import { queryOptions } from "@tanstack/react-query";
import { client, data } from "@/shared/api/client";

export type Wish = { category?: string | null; moved?: string; language: string };

/** Days with free hours, in Tashkent's time. */
export function slotsQuery(wish: Wish) {
  return queryOptions({
    queryKey: ["slots", wish],
    queryFn: () => data(client.GET("/api/slots", { params: { query: { category: wish.category ?? undefined, moved: wish.moved, language: wish.language as "uz" } } })),
    staleTime: 60_000,
  });
}
