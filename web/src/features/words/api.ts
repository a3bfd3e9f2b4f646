"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";

export type Word = Schemas["WordOut"];
export type Sample = Schemas["SampleOut"];
export type Asked = Schemas["RatingQuestionOut"];
export type WordKind = "articles" | "questions";

export const wordKeys = { all: ["words"] as const };
const PAGE = 30;

export function wordsQuery(kind: WordKind, q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...wordKeys.all, kind, q],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/desk/words/{kind}", { params: { path: { kind }, query: { q, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.more ? pages.length * PAGE : undefined),
  });
}

export const askedQuery = queryOptions({
  queryKey: [...wordKeys.all, "asked"],
  queryFn: () => data(client.GET("/api/dicts/rating-questions")),
});

export const samplesQuery = queryOptions({
  queryKey: [...wordKeys.all, "messages"],
  queryFn: () => data(client.GET("/api/desk/messages")),
  staleTime: Infinity,
});

/** Dictionaries that 1C owns: names alone, by kind. */
export const dictionariesQuery = queryOptions({
  queryKey: [...wordKeys.all, "dictionaries"],
  queryFn: async () => {
    const [types, sections, categories, hindrances] = await Promise.all([
      data(client.GET("/api/dicts/po-types")),
      data(client.GET("/api/dicts/po-sections")),
      data(client.GET("/api/dicts/online-question/categories")),
      data(client.GET("/api/dicts/interference")),
    ]);
    return { types, sections, categories, hindrances };
  },
});

function useAct<Given>(act: (given: Given) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: () => queries.invalidateQueries({ queryKey: wordKeys.all }) });
}

export type Texts = { description: string; question: string; answer: string };

/** Writes the texts of an element to 1C as the editor saw it (`word`); without one a new article. */
export function useWrite(kind: WordKind) {
  return useAct(({ word, description, question, answer }: Texts & { word: Word | null }) => {
    if (word === null) return data(client.POST("/api/desk/words/articles", { body: { description, question, answer } }));
    const where = { params: { path: { key: word.ref_key } } };
    const version = word.version ?? "";
    if (kind === "questions") return data(client.PUT("/api/desk/words/questions/{key}", { ...where, body: { description, question, useful_info: answer, version } }));
    const software = { po_type_key: word.po_type_key, po_section_key: word.po_section_key };
    return data(client.PUT("/api/desk/words/articles/{key}", { ...where, body: { description, question, answer, version, ...software } }));
  });
}

export function useAsk() {
  return useAct(({ number, ...body }: Asked) => data(client.PUT("/api/dicts/rating-questions/{number}", { params: { path: { number } }, body })));
}
