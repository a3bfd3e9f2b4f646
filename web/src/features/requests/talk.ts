"use client";

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";
import { requestKeys, sendFiles } from "./api";

export type Said = Schemas["SaidOut"];
export type Talk = Schemas["TalkOut"];

export function talkQuery(id: string) {
  return queryOptions({
    queryKey: [...requestKeys.one(id), "talk"],
    queryFn: () => data(client.GET("/api/consultations/{name}/messages", { params: { path: { name: id } } })),
    staleTime: 5_000,
    // The live topic tells of news; this is for a line that is down without anybody noticing.
    refetchInterval: ({ state }) => (state.data?.sending.length ? 5_000 : 60_000),
  });
}

/** Write into the talk: words alone, or files with words. */
export function useWrite(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ text, files, key }: { text: string; files: File[]; key: string }) => {
      if (files.length > 0) return sendFiles(id, files, { key, comment: text || undefined });
      return client.POST("/api/consultations/{name}/messages", { params: { path: { name: id }, header: { "idempotency-key": key } }, body: { text } });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: requestKeys.one(id) }),
  });
}
