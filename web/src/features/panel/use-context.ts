"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ASK, contextOf, parentQuery, type Context } from "./api";

/** Beside what we stand: only Chatwoot, and only as the page that framed us, is listened to. */
export function useContextOfChatwoot(): Context | null {
  const { data: parent } = useQuery(parentQuery);
  const [context, setContext] = useState<Context | null>(null);
  useEffect(() => {
    if (parent === undefined) return;
    const hear = (event: MessageEvent) => {
      if (event.origin !== parent || event.source !== window.parent) return;
      const said = contextOf(event.data);
      if (said) setContext(said);
    };
    window.addEventListener("message", hear);
    // What it told when we were loaded was told before we listened. Unframed there is nobody of that origin to hear this.
    if (window.parent !== window) window.parent.postMessage(ASK, parent);
    return () => window.removeEventListener("message", hear);
  }, [parent]);
  return context;
}
