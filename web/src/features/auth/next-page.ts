/** The page of ours to come back to; null for an address of anybody else's. */
export function ownPath(next: string | null): string | null {
  if (!next || typeof window === "undefined") return null;
  const url = URL.parse(next, window.location.origin);
  const ours = url?.origin === window.location.origin && /^\/(uz|ru|en)(\/|$)/.test(url.pathname);
  return ours ? url.pathname + url.search : null;
}
