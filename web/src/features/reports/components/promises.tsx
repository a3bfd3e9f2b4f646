"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Table } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { useReportSettings, type Promise_ } from "../api";
import { useDuration } from "../value";

const ROWS = (["accounting", "support"] as const).flatMap((kind) => [null, 1, 2, 3].map((importance) => ({ kind, importance })));
type Draft = Record<string, { first: string; closing: string }>;

const named = (row: { kind: string; importance?: number | null }) => `${row.kind}-${row.importance ?? "any"}`;
const minutes = (seconds?: number | null) => (seconds == null ? "" : String(Math.round(seconds / 60)));
const seconds = (text: string) => (text.trim() === "" ? null : Number(text) * 60);

/** Promises by kind and importance, in working minutes; an empty field promises nothing. */
export function Promises({ items, head }: { items: Promise_[]; head: boolean }) {
  const t = useTranslations("reports");
  const duration = useDuration();
  const toast = useToast();
  const { promise } = useReportSettings();
  const [draft, setDraft] = useState<Draft>(() => Object.fromEntries(ROWS.map((row) => {
    const found = items.find((item) => named(item) === named(row));
    return [named(row), { first: minutes(found?.first_seconds), closing: minutes(found?.closing_seconds) }];
  })));
  const label = (row: { kind: "accounting" | "support"; importance?: number | null }) =>
    `${t(`kind.${row.kind}`)}, ${row.importance ? t(`importance.${row.importance as 1 | 2 | 3}`) : t("importance.any")}`;
  const told = (value?: number | null) => (value == null ? "—" : duration(value));
  if (!head) {
    return (
      <Table caption={t("promises")} rows={items} id={named} columns={[
        { key: "what", title: t("promise.what"), lead: true, cell: label },
        { key: "first", title: t("promise.first"), right: true, cell: (row) => told(row.first_seconds) },
        { key: "closing", title: t("promise.closing"), right: true, cell: (row) => told(row.closing_seconds) },
      ]} />
    );
  }
  async function save() {
    const wanted = ROWS.map((row) => ({ ...row, first_seconds: seconds(draft[named(row)]!.first), closing_seconds: seconds(draft[named(row)]!.closing) }));
    try {
      await promise.mutateAsync(wanted.filter((row) => row.first_seconds !== null || row.closing_seconds !== null));
      toast.done(t("promise.saved"));
    } catch (error) {
      toast.failed(error);
    }
  }
  const set = (row: (typeof ROWS)[number], part: "first" | "closing", value: string) =>
    setDraft({ ...draft, [named(row)]: { ...draft[named(row)]!, [part]: value } });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <div className="grid gap-5">
        {ROWS.map((row) => (
          <fieldset key={named(row)} className="grid gap-3 sm:grid-cols-[1fr_11rem_11rem] sm:items-end">
            <legend className="sr-only">{label(row)}</legend>
            <p aria-hidden className="font-medium sm:pb-2.5">{label(row)}</p>
            <Input type="number" inputMode="numeric" min={1} max={500_000} label={t("promise.first_minutes")} value={draft[named(row)]!.first} onChange={(event) => set(row, "first", event.target.value)} />
            <Input type="number" inputMode="numeric" min={1} max={500_000} label={t("promise.closing_minutes")} value={draft[named(row)]!.closing} onChange={(event) => set(row, "closing", event.target.value)} />
          </fieldset>
        ))}
      </div>
      <Button type="submit" busy={promise.isPending} className="mt-6">{t("promise.save")}</Button>
    </form>
  );
}
