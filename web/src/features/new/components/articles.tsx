"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { BookOpen, ExternalLink } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { localized } from "@/shared/i18n/link";
import { articlesQuery } from "../api";

const REST_MILLIS = 500;

/** Articles of the knowledge base that fit what is being written; nothing when none does. */
export function Articles({ words }: { words: string }) {
  const t = useTranslations("new");
  const locale = useLocale();
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setRested(words.trim().slice(0, 300)), REST_MILLIS);
    return () => clearTimeout(timer);
  }, [words]);
  const found = useQuery({ ...articlesQuery(rested), placeholderData: keepPreviousData }).data?.articles ?? [];
  if (rested.length < 8 || found.length === 0) return null;
  return (
    <aside aria-live="polite" className="mt-5 rounded-xl border border-accent/40 bg-accent-soft/50 p-4">
      <p className="flex items-center gap-2 font-semibold text-accent-strong"><BookOpen aria-hidden className="size-5" />{t("articles")}</p>
      <p className="mb-2 text-sm text-muted">{t("articles_text")}</p>
      {found.map((each) => (
        <details key={each.ref_key} className="group border-t border-accent/25">
          <summary className="flex min-h-11 items-center py-2 font-medium">{each.question || each.description}</summary>
          <p className="leading-6 whitespace-pre-line">{each.answer}</p>
          <a href={localized(locale, `/article?id=${each.ref_key}`)} target="_blank" rel="noreferrer" className="mb-1 inline-flex min-h-11 items-center gap-1.5 font-medium text-accent-strong hover:underline">{t("article_open")}<ExternalLink aria-hidden className="size-4" /></a>
        </details>
      ))}
    </aside>
  );
}
