"use client";

import { useQuery } from "@tanstack/react-query";
import { Lightbulb } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import type { ComponentProps } from "react";
import { Select, TextArea } from "@/shared/ui/field";
import { categoriesQuery, typicalQuery } from "../api";
import type { Asked } from "../asking";

type Props = { accounting: boolean; asked: Asked; onChange: (more: Partial<Asked>) => void; words: ComponentProps<"textarea">; error?: string };

/** What is asked: category and typical question of an accounting one, the program of a support one, and the words. */
export function Question({ accounting, asked, onChange, words, error }: Props) {
  const t = useTranslations("new");
  const common = useTranslations("common");
  return (
    <div className="flex flex-col gap-5">
      {accounting ? <Subject asked={asked} onChange={onChange} /> : (
        <Select
          label={t("software")}
          empty={t("pick")}
          optional={common("optional")}
          value={asked.software}
          onChange={(event) => onChange({ software: event.target.value })}
          options={(["acc", "trade", "company"] as const).map((value) => ({ value, label: t(`software_name.${value}`) }))}
        />
      )}
      <TextArea label={t("words")} hint={t("words_hint")} rows={5} maxLength={10_000} error={error} {...words} />
    </div>
  );
}

function Subject({ asked, onChange }: { asked: Asked; onChange: (more: Partial<Asked>) => void }) {
  const t = useTranslations("new");
  const common = useTranslations("common");
  const locale = useLocale();
  const categories = useQuery(categoriesQuery(locale)).data ?? [];
  const typical = useQuery(typicalQuery(locale, asked.category)).data ?? [];
  const chosen = typical.find((each) => each.ref_key === asked.typical);
  const named = (each: { ref_key: string; description: string }) => ({ value: each.ref_key, label: each.description });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select label={t("category")} empty={t("pick")} optional={common("optional")} value={asked.category} onChange={(event) => onChange({ category: event.target.value, typical: "" })} options={categories.map(named)} />
        {asked.category && typical.length > 0 && (
          <Select label={t("question")} empty={t("question_any")} value={asked.typical} onChange={(event) => onChange({ typical: event.target.value })} options={typical.map(named)} />
        )}
      </div>
      {chosen?.useful_info && (
        <div role="status" className="rounded-xl bg-info-soft px-5 py-4">
          <p className="mb-1 flex items-center gap-2 font-semibold text-info"><Lightbulb aria-hidden className="size-5" />{t("useful")}</p>
          <p className="leading-6 whitespace-pre-line">{chosen.useful_info}</p>
        </div>
      )}
    </>
  );
}
