"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useState } from "react";

/**
 * One thing that a page is asked for, kept in its address: it survives a reload and the way back, and can be sent on.
 * `usual` is what is meant when the address says nothing, or nothing that is `among` what is known.
 */
export function useInAddress(name: string, usual = "", among?: readonly string[]): [string, (value: string) => void] {
  const named = useSearchParams().get(name) ?? usual;
  const [value, setValue] = useState(named);
  const [seen, setSeen] = useState(named);
  // The address follows what is chosen here a moment later, maybe by way of what was typed before.
  const [coming, setComing] = useState<string | null>(null);
  if (named !== seen) {
    setSeen(named);
    if (coming === null) setValue(named);
  }
  if (coming === named) setComing(null);
  const ask = useCallback((next: string) => {
    setValue(next);
    setComing(next);
    const values = new URLSearchParams(window.location.search);
    if (next === usual) values.delete(name);
    else values.set(name, next);
    // Not by the router, which would read the page anew.
    window.history.replaceState(null, "", values.size > 0 ? `?${values}` : window.location.pathname);
  }, [name, usual]);
  return [among && !among.includes(value) ? usual : value, ask];
}

const REST_MILLIS = 300;

/** What is typed to search by: `typed` at once, `words` (in the address, too) when the typing rests. */
export function useTyped(name = "q"): { typed: string; setTyped: (value: string) => void; words: string } {
  const [kept, keep] = useInAddress(name);
  const [typed, setTyped] = useState(kept);
  const wanted = typed.trim();
  useEffect(() => {
    if (wanted === kept) return;
    const timer = setTimeout(() => keep(wanted), REST_MILLIS);
    return () => clearTimeout(timer);
  }, [wanted, kept, keep]);
  return { typed, setTyped, words: kept.length > 1 ? kept : "" };
}
