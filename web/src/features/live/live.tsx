"use client";

import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, type ReactNode } from "react";
import { useActing } from "@/shared/api/acting";
import { Wire } from "./wire";

const Context = createContext<Wire | null>(null);

/** One socket for as long as the page acts for one organisation, whose topics it may hear; opened by the first topic. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const acting = useActing();
  // Another organisation, another ticket.
  const wire = useMemo(() => new Wire(), [acting]);
  useEffect(() => () => wire.close(), [wire]);
  return <Context value={wire}>{children}</Context>;
}

/**
 * Reads these queries anew whenever the topic changes: `consultation:<id>`, `client:<id>` or `desk`.
 * The socket says only that something changed; what, the API tells to who may know it.
 */
export function useLive(topic: string | null | undefined, ...keys: QueryKey[]): void {
  const wire = useContext(Context);
  const queries = useQueryClient();
  const known = useRef(keys);
  known.current = keys;
  useEffect(() => {
    if (!wire || !topic) return;
    return wire.watch(topic, () => {
      for (const queryKey of known.current) void queries.invalidateQueries({ queryKey });
    });
  }, [wire, topic, queries]);
}
