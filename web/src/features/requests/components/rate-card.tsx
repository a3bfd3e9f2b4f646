"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { Star } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useState, type ReactNode } from "react";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { TextArea } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { marksQuery, questionsQuery, useRate } from "../api";

const MARKS = [1, 2, 3, 4, 5] as const;

/** How the client liked it: asked once, shown afterwards. */
export function RateCard({ id }: { id: string }) {
  const t = useTranslations("requests.rate");
  const format = useFormat();
  const marks = useQuery(marksQuery(id)).data;
  if (!marks) return null;
  if (marks.average === null) return <Ask id={id} />;
  return (
    <Section>
      <p className="flex items-center gap-3">
        <Stars value={Math.round(marks.average)} />
        <span>{t("given", { average: format.number(marks.average, 1) })}</span>
      </p>
    </Section>
  );
}

/** The questions about one consultation; `about` says which it is where that is not plain. */
export function Ask({ id, about }: { id: string; about?: ReactNode }) {
  const t = useTranslations("requests.rate");
  const locale = useLocale();
  const questions = useQuery(questionsQuery).data ?? [];
  const [given, setGiven] = useState<Record<number, number>>({});
  const [words, setWords] = useState("");
  const rate = useRate(id);
  const say = useToast();
  const errorText = useErrorText();
  const answered = questions.filter((each) => given[each.number]);
  function submit() {
    const answers = answered.map((each, at) => ({ question_number: each.number, rating: given[each.number], comment: at === 0 ? words.trim() || null : null }));
    rate.mutate(answers, { onSuccess: () => say.done(t("thanks")) });
  }
  return (
    <Section title={t("title")} text={about ?? t("text")} className="border-accent/50">
      <div className="flex flex-col gap-4">
        {rate.error && <Notice tone="bad">{errorText(rate.error)}</Notice>}
        {questions.filter((each) => each.active).map((each) => (
          <fieldset key={each.number} className="flex flex-col sm:flex-row sm:items-center sm:justify-between sm:gap-x-4">
            <legend className="contents"><span className="min-w-0 flex-1">{each[locale]}</span></legend>
            <div className="flex max-sm:-ml-2">
              {MARKS.map((mark) => (
                <label key={mark} className="relative grid size-11 cursor-pointer place-items-center rounded-lg has-focus-visible:outline-2 has-focus-visible:outline-focus">
                  <input type="radio" name={`${id}-${each.number}`} value={mark} checked={given[each.number] === mark} onChange={() => setGiven({ ...given, [each.number]: mark })} className="sr-only" aria-label={t("mark", { mark })} />
                  <Star aria-hidden className={clsx("size-7", (given[each.number] ?? 0) >= mark ? "fill-warn text-warn" : "text-line-strong")} strokeWidth={1.5} />
                </label>
              ))}
            </div>
          </fieldset>
        ))}
        {answered.length > 0 && <TextArea label={t("words")} rows={2} maxLength={1000} value={words} onChange={(event) => setWords(event.target.value)} />}
        <Button className="self-start" disabled={answered.length === 0} busy={rate.isPending} onClick={submit}>{t("submit")}</Button>
      </div>
    </Section>
  );
}

function Stars({ value }: { value: number }) {
  return (
    <span aria-hidden className="flex">
      {MARKS.map((mark) => <Star key={mark} className={clsx("size-5", value >= mark ? "fill-warn text-warn" : "text-line-strong")} strokeWidth={1.5} />)}
    </span>
  );
}
