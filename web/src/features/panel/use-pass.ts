"use client";

import { useCallback, useEffect, useState } from "react";
import { tab } from "@/shared/lib/kept";

const KEPT = "clobus.dashboard-pass";
/** A pass, and for which agent of Chatwoot's the frame was when it was given. */
export type Pass = { token: string; agent: number | null };

/** The pass, kept as long as the tab; a browser that keeps nothing for frames of others keeps it as long as the page.
 * Undefined until the page has woken up: what is shown before hears no click.
 */
export function usePass(): [Pass | null | undefined, (pass: Pass | null) => void] {
  const [pass, setPass] = useState<Pass | null>();
  useEffect(() => setPass(read()), []);
  const keep = useCallback((given: Pass | null) => {
    tab.write(KEPT, given && JSON.stringify(given));
    setPass(given);
  }, []);
  return [pass, keep];
}

function read(): Pass | null {
  try {
    const found = JSON.parse(tab.read(KEPT) ?? "null") as Partial<Pass> | null;
    return typeof found?.token === "string" ? { token: found.token, agent: found.agent ?? null } : null;
  } catch {
    return null; // it holds what we did not write
  }
}
