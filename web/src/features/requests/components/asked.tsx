"use client";

import clsx from "clsx";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { Section } from "@/shared/ui/page";

// About as much as a phone shows beside what else is on the page.
const LONG = 500;

/** The question as it was asked; a long one is folded, so that the talk is not far below it. */
export function AskedWords({ words }: { words: string | null }) {
  const t = useTranslations("requests");
  const [whole, setWhole] = useState(false);
  const long = words !== null && (words.length > LONG || words.split("\n").length > 8);
  return (
    <Section title={t("question")}>
      <p className={clsx("leading-7 break-words whitespace-pre-line", long && !whole && "line-clamp-6 print:line-clamp-none")}>{words || t("no_text")}</p>
      {long && <Button look="quiet" className="mt-2 -ml-4 print:hidden" aria-expanded={whole} onClick={() => setWhole(!whole)}>{t(whole ? "fold" : "unfold")}</Button>}
    </Section>
  );
}
