"use client";

import { useSyncExternalStore } from "react";

const never = () => () => {};

/** Whether the page hears what is typed and pressed: what was built ahead is shown a moment earlier. */
export function useAwake(): boolean {
  return useSyncExternalStore(never, () => true, () => false);
}
