"use client";

import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRole } from "@/features/session/api";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { optionsQuery, type Asked } from "../api";
import { daysOf, SPANS, today, type Extra, type Span } from "../asked";

type Props = { asked: Asked & { from: string; to: string }; set: (over: Extra) => void };

/** Period and filters of a report; what is chosen stands in the address. */
export function FilterBar({ asked, set }: Props) {
  const t = useTranslations("reports");
  const format = useFormat();
  const role = useRole();
  const narrow = ["kind", "channel", "language", "category", "manager"] as const;
  const chosen = narrow.filter((name) => asked[name] !== undefined).length;
  const [open, setOpen] = useState(false);
  const options = useQuery(optionsQuery);
  const now = today(format);
  const span = SPANS.find((each) => daysOf(each, now).from === asked.from && daysOf(each, now).to === asked.to);
  const choose = (each: Span | "") => each && set(daysOf(each, now));
  // A select says "" for all; the API's own "" (no language) travels as a word.
  const shown = (key: string) => (key === "" ? "none" : key);
  const visible = role === "manager" ? narrow.filter((name) => name !== "manager") : narrow;
  return (
    <div className="card mb-6 p-5">
      <div className="grid items-end gap-4 sm:grid-cols-2 lg:grid-cols-[1fr_11rem_11rem_auto]">
        <Select
          label={t("period")}
          empty={t("span.own")}
          options={SPANS.map((value) => ({ value, label: t(`span.${value}`) }))}
          value={span ?? ""}
          onChange={(event) => choose(event.target.value as Span | "")}
        />
        <Day label={t("from")} value={asked.from} set={(from) => set({ from, to: from > asked.to ? from : asked.to })} />
        <Day label={t("to")} value={asked.to} set={(to) => set({ from: to < asked.from ? to : asked.from, to })} />
        <Button look="secondary" aria-expanded={open} onClick={() => setOpen(!open)}>
          <SlidersHorizontal aria-hidden className="size-4" />
          {chosen ? t("filters_chosen", { n: chosen }) : t("filters")}
        </Button>
      </div>
      {open && (
        <div className="mt-4 grid gap-4 border-t border-line pt-4 sm:grid-cols-2 lg:grid-cols-3">
          {visible.map((name) => (
            <Select
              key={name}
              label={t(`by.${name}`)}
              empty={t("all")}
              options={(options.data?.[name] ?? []).map((each) => ({ value: shown(each.key), label: each.name }))}
              value={asked[name] === undefined ? "" : shown(asked[name])}
              onChange={(event) => set({ [name]: event.target.value === "" ? undefined : event.target.value === "none" ? "" : event.target.value })}
            />
          ))}
          {chosen > 0 && (
            <div className="flex items-end">
              <Button look="quiet" onClick={() => set(Object.fromEntries(narrow.map((name) => [name, undefined])))}>{t("clear")}</Button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

/** A day that is asked for once it is whole: a year that is being typed goes through 0002 and 0020. */
function Day({ label, value, set }: { label: string; value: string; set: (day: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const change = (day: string) => {
    const whole = day >= "2000-01-01" && day <= "2100-12-31";
    setDraft(whole ? null : day);
    if (whole) set(day);
  };
  return <Input type="date" label={label} value={draft ?? value} onChange={(event) => change(event.target.value)} onBlur={() => setDraft(null)} />;
}
