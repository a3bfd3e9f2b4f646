"use client";

import { useEffect, useState } from "react";

const LONGEST_MILLIS = 2 ** 31 - 1;

/** Whether an instant still lies ahead; the page notices when it has come. */
export function useBefore(instant: string | null | undefined): boolean {
  const at = instant ? Date.parse(instant) : 0;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const left = Math.max(at - Date.now() + 1, 0);
    const timer = setTimeout(() => setNow(Date.now()), Math.min(left, LONGEST_MILLIS));
    return () => clearTimeout(timer);
  }, [at]);
  return at > now;
}
