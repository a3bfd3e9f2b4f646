"use client";

import { useCallback, useState } from "react";
import { tab } from "@/shared/lib/kept";
import { useSession } from "./api";
import { DRAFTS } from "./drafts";

/**
 * What a person has written and not sent: kept in his tab, so that a reload or a session that ended takes nothing away.
 * Each person and organisation has his own; whoever signs out leaves none.
 */
export function useDraft<Value>(name: string, empty: Value): [Value, (next: Value | null) => void] {
  const who = useSession().data;
  const key = `${DRAFTS}${who?.person_id ?? who?.client_id ?? ""}.${who?.organisation_id ?? ""}.${name}`;
  const [value, setValue] = useState<Value>(() => read(key) ?? empty);
  const keep = useCallback(
    (next: Value | null) => {
      tab.write(key, next === null ? null : JSON.stringify(next));
      setValue(next ?? empty);
    },
    [key], // `empty` is a constant of who asks
  );
  return [value, keep];
}

function read<Value>(key: string): Value | null {
  try {
    return typeof window === "undefined" ? null : (JSON.parse(tab.read(key) ?? "null") as Value | null);
  } catch {
    return null; // somebody else wrote there
  }
}
