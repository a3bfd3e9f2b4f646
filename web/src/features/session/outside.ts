/** Where signing in (or tying an account, with `tie`) by the OpenID provider begins; `next` is a page of ours. */
export function oidcStart(locale: string, { next, tie = false }: { next?: string | null; tie?: boolean } = {}): string {
  const asked = new URLSearchParams({ lang: locale, ...(next && { next }), ...(tie && { tie: "true" }) });
  return `/api/auth/oidc/start?${asked}`;
}
