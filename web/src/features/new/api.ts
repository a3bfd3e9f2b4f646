"use client";

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { requestKeys, sendFiles } from "@/features/requests/api";
import { client, data, type Schemas } from "@/shared/api/client";

const LONG = 300_000;

export function categoriesQuery(language: string) {
  return queryOptions({
    queryKey: ["dicts", "categories", language],
    queryFn: () => data(client.GET("/api/dicts/online-question/categories", { params: { query: { language } } })),
    staleTime: LONG,
  });
}

export function typicalQuery(language: string, category: string) {
  return queryOptions({
    queryKey: ["dicts", "questions", language, category],
    queryFn: () => data(client.GET("/api/dicts/online-questions", { params: { query: { language, category_key: category } } })),
    enabled: category !== "",
    staleTime: LONG,
  });
}

/** Articles that may answer the question already. */
export function articlesQuery(words: string) {
  return queryOptions({
    queryKey: ["articles", words],
    queryFn: () => data(client.GET("/api/articles", { params: { query: { q: words } } })),
    enabled: words.length > 7,
    staleTime: LONG,
  });
}

/** `filesLost`: why the files did not go along. */
export type Made = { id: string; filesLost: unknown };
type Wanted = { body: Schemas["SimpleIn"]; files: File[]; key: string };

/** Make the request, then put its files to it; the key makes a second try harmless. */
export function useMake() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ body, files, key }: Wanted): Promise<Made> => {
      const made = await data(client.POST("/api/consultations/simple", { body, params: { header: { "idempotency-key": key, prefer: "respond-async" } } }));
      const id = made.consultation.cons_id;
      if (files.length === 0) return { id, filesLost: null };
      return sendFiles(id, files, { key }).then(() => ({ id, filesLost: null }), (filesLost: unknown) => ({ id, filesLost }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: requestKeys.all }),
  });
}
