"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";

type Kind = "process" | "type" | "case" | "state" | "drift" | "column" | "value" | "error";

/** What people call what the machinery has short names for; the name itself when this version has no words for it. */
export function useCodes(): (kind: Kind, code: string) => string {
  const t = useTranslations("codes");
  return useCallback((kind, code) => {
    const key = `${kind}.${code.replaceAll(".", "_")}` as "process.cons";
    return t.has(key) ? t(key) : code;
  }, [t]);
}
