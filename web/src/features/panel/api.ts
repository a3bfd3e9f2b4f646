"use client";

import { queryOptions } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";

export type Panel = Schemas["PanelOut"];
export type Pass = Schemas["PassOut"];

/** Our own mark on what the window of our site tells the frame. */
export const GIVEN = "clobus-dashboard-pass";
/** What Chatwoot waits for to say anew beside which conversation the frame stands. */
export const ASK = "chatwoot-dashboard-app:fetch-info";

/** The origin of Chatwoot: who speaks to the frame from another is not heard. */
export const parentQuery = queryOptions({
  queryKey: ["panel", "parent"],
  queryFn: async () => (await data(client.GET("/api/dashboard-app"))).parent,
  staleTime: Infinity,
  retry: true,
});

/** The panel of a conversation; each answer brings the next pass. */
export function panelQuery(conversation: number | null, pass: string | null, renew: (pass: string) => void) {
  return queryOptions({
    queryKey: ["panel", conversation],
    enabled: conversation !== null && pass !== null,
    queryFn: async () => {
      const where = { path: { conversation_id: conversation ?? 0 }, header: { "x-dashboard-pass": pass } };
      const found = await data(client.GET("/api/dashboard-app/conversations/{conversation_id}", { params: where }));
      renew(found.token);
      return found;
    },
    // Behind another tab it only keeps its pass, which lives a quarter of an hour; the session behind it ends it all the same.
    refetchInterval: () => (globalThis.document?.visibilityState === "hidden" ? 300_000 : 15_000),
    refetchIntervalInBackground: true,
  });
}

export function makePass(): Promise<Pass> {
  return data(client.POST("/api/dashboard-app/passes"));
}

export type Context = { conversation: number; agent: number | null };
type Said = { event?: unknown; data?: { conversation?: { id?: unknown }; currentAgent?: { id?: unknown } } };

/** The conversation and the agent that Chatwoot names in a message (a string), null for anything else. */
export function contextOf(message: unknown): Context | null {
  if (typeof message !== "string") return null;
  try {
    const said = JSON.parse(message) as Said | null;
    const conversation = said?.event === "appContext" ? numberOf(said.data?.conversation?.id) : null;
    return conversation === null ? null : { conversation, agent: numberOf(said?.data?.currentAgent?.id) };
  } catch {
    return null;
  }
}

function numberOf(id: unknown): number | null {
  return typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? id : null;
}
