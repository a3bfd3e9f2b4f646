"use client";

import { useTranslations } from "next-intl";

/** What an act of the log is called; its own name when this version has no words for it. */
export function useActName(): (act: string) => string {
  const t = useTranslations("acts.name");
  return (act) => {
    const key = act.replace(".", "_") as "session_begun";
    return t.has(key) ? t(key) : act;
  };
}
