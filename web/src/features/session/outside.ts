import { queryOptions } from "@tanstack/react-query";
import { client, data } from "@/shared/api/client";

/** By what one may sign in here. */
export const methodsQuery = queryOptions({
  queryKey: ["auth", "methods"],
  queryFn: () => data(client.GET("/api/auth/methods")),
  staleTime: Infinity,
});

/** Where signing in (or tying an account, with `tie`) by the OpenID provider begins; `next` is a page of ours. */
export function oidcStart(locale: string, { next, tie = false }: { next?: string | null; tie?: boolean } = {}): string {
  const asked = new URLSearchParams({ lang: locale, ...(next && { next }), ...(tie && { tie: "true" }) });
  return `/api/auth/oidc/start?${asked}`;
}

/** What the API says when somebody comes back from elsewhere (api/oidc.py), and the message for it. */
const REFUSALS = new Map<string, "failed" | "taken" | "away">([["account.taken", "taken"], ["oidc.away", "away"]]);

/** Which message a code has; any that we do not know is told of in general words, never shown as it came. */
export function refusal(code: string): "failed" | "taken" | "away" {
  return REFUSALS.get(code) ?? "failed";
}
