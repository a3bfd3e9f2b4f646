"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { asActing } from "@/shared/api/acting";
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

const path = (id: string) => ({ params: { path: { name: id } } });

export function timelineQuery(id: string) {
  return queryOptions({
    queryKey: [...requestKeys.one(id), "timeline"],
    queryFn: () => data(client.GET("/api/consultations/{name}/timeline", path(id))),
  });
}

export function filesQuery(id: string) {
  return queryOptions({
    queryKey: [...requestKeys.one(id), "files"],
    queryFn: () => data(client.GET("/api/consultations/{name}/attachments", path(id))),
  });
}

export function marksQuery(id: string) {
  return queryOptions({
    queryKey: [...requestKeys.one(id), "marks"],
    queryFn: () => data(client.GET("/api/consultations/{name}/ratings", path(id))),
  });
}

export const questionsQuery = queryOptions({
  queryKey: ["dicts", "rating-questions"],
  queryFn: () => data(client.GET("/api/dicts/rating-questions")),
  staleTime: 300_000,
});

/** An act on a request; all that is known of it is read anew afterwards. */
function useAct<Given>(act: (given: Given) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries({ queryKey: requestKeys.all }) });
}

export function useCancel(id: string) {
  return useAct<void>(() => client.POST("/api/consultations/{name}/cancel", path(id)));
}

export function useMove(id: string) {
  return useAct((body: Schemas["MoveIn"]) => client.POST("/api/consultations/{name}/redates", { ...path(id), body }));
}

export function useRate(id: string) {
  return useAct((answers: Schemas["AnswerIn"][]) => client.POST("/api/consultations/{name}/ratings", { ...path(id), body: { answers } }));
}

/** Put files to a request; multipart, since that is what files are sent in. The key makes a second try harmless. */
export function sendFiles(id: string, files: File[], { key, comment }: { key: string; comment?: string }): Promise<unknown> {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  if (comment) form.append("comment", comment);
  return client.POST("/api/consultations/{name}/attachments", { params: { path: { name: id }, header: { "idempotency-key": key } }, body: form as never, bodySerializer: (body: unknown) => body as FormData });
}

/** Where a file of a request is downloaded from. */
export function fileAddress(id: string, file: string): string {
  return asActing(`/api/consultations/${id}/attachments/${file}`);
}

/** The same for a file of the talk. */
export function saidFileAddress(id: string, file: number): string {
  return asActing(`/api/consultations/${id}/messages/files/${file}`);
}

/** Which of the reader's organisations a request is of, that the one he acts for has not. */
export function whereQuery(id: string) {
  return queryOptions({
    queryKey: ["where", id],
    queryFn: () => data(client.GET("/api/home/where/{name}", path(id))),
    retry: false,
  });
}
