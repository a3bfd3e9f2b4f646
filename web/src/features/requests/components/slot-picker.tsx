"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useLocale, useTranslations } from "next-intl";
import { useEffect, useId, useState } from "react";
import { useFormat } from "@/shared/lib/format";
import { EmptyState, Loaded, Skeleton } from "@/shared/ui/state";
import { slotsQuery } from "../slots";

type Props = { category?: string | null; moved?: string; value: string | null; onChange: (slot: string) => void; onGone?: () => void; none?: string };

/** A day, then an hour of it; radios, so that arrow keys walk them. */
export function SlotPicker({ category, moved, value, onChange, onGone, none }: Props) {
  const t = useTranslations("requests.slot");
  const locale = useLocale();
  const query = useQuery(slotsQuery({ category, moved, language: locale }));
  const known = query.data?.days;
  const gone = value !== null && known !== undefined && !known.some((each) => each.slots.includes(value));
  useEffect(() => {
    if (gone) onGone?.();
  }, [gone]); // the hour that was picked is free no more
  return (
    <Loaded query={query} waiting={<div className="flex flex-col gap-3"><Skeleton className="h-18 w-full" /><Skeleton className="h-12 w-2/3" /></div>}>
      {({ days }) => (days.length === 0 ? <EmptyState title={t("none")} text={none ?? t("none_text")} /> : <Days days={days} value={value} onChange={onChange} />)}
    </Loaded>
  );
}

type Day = { day: string; slots: string[] };

function Days({ days, value, onChange }: { days: Day[]; value: string | null; onChange: (slot: string) => void }) {
  const t = useTranslations("requests.slot");
  const format = useFormat();
  const [chosen, setChosen] = useState<string | null>(null);
  const name = useId();
  const day = days.find((each) => each.day === chosen) ?? days.find((each) => value && each.slots.includes(value)) ?? days[0];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <fieldset className="min-w-0">
        <legend className="mb-2 text-sm font-medium">{t("day")}</legend>
        <div className="-m-1 flex snap-x gap-2 overflow-x-auto p-1 pb-2">
          {days.map((each) => {
            const noon = `${each.day}T12:00:00+05:00`;
            return (
              <Choice key={each.day} name={`${name}-day`} checked={each.day === day?.day} onChoose={() => setChosen(each.day)} className="min-w-[5.25rem] shrink-0 snap-start flex-col px-3 py-2">
                <span className="text-sm capitalize opacity-80">{format.short(noon)}</span>
                <span className="num font-semibold whitespace-nowrap">{format.day(noon)}</span>
                <span className="text-xs opacity-80">{t("free", { count: each.slots.length })}</span>
              </Choice>
            );
          })}
        </div>
      </fieldset>
      <fieldset>
        <legend className="mb-2 text-sm font-medium">{t("hour")}</legend>
        <div className="grid grid-cols-4 gap-2 sm:grid-cols-6">
          {day?.slots.map((slot) => (
            <Choice key={slot} name={`${name}-hour`} checked={slot === value} onChoose={() => onChange(slot)} className="min-h-11">
              <span className="num font-medium">{format.time(slot)}</span>
            </Choice>
          ))}
        </div>
      </fieldset>
    </div>
  );
}

type ChoiceProps = { name: string; checked: boolean; onChoose: () => void; className: string; children: React.ReactNode };

function Choice({ name, checked, onChoose, className, children }: ChoiceProps) {
  return (
    <label
      className={clsx(
        "relative flex cursor-pointer items-center justify-center rounded-xl border text-center transition-colors",
        "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus",
        checked ? "border-accent bg-accent text-on-accent" : "border-line-strong/60 bg-surface hover:border-accent",
        className,
      )}
    >
      <input type="radio" name={name} checked={checked} onChange={onChoose} className="sr-only" />
      {children}
    </label>
  );
}
