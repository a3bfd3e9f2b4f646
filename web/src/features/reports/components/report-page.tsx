"use client";

import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { Suspense } from "react";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { buttonLook } from "@/shared/ui/button";
import { ChartCard } from "@/shared/ui/chart";
import { Select } from "@/shared/ui/field";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Skeleton, SkeletonList } from "@/shared/ui/state";
import { GROUPS, NAMES, tableQuery, type Asked, type By, type Name, type Table } from "../api";
import { addressOf, useAsked } from "../asked";
import { sense, useChange, useValue } from "../value";
import { Chart } from "./charts";
import { FilterBar } from "./filter-bar";
import { ReportTable } from "./report-table";

const FILES = ["xlsx", "csv", "pdf"] as const;

export function ReportPage() {
  return <Suspense fallback={<SkeletonList />}><Report /></Suspense>;
}

/** One report: its chart, the table behind it, files, and what the whole period came to. */
function Report() {
  const t = useTranslations("reports");
  const { asked, params, set } = useAsked();
  const name = NAMES.find((each) => each === params.get("name")) ?? "volume";
  const by = GROUPS.find((each) => each === params.get("by"));
  const query = useQuery(tableQuery(name, by, asked));
  const groups = GROUPS.map((value) => ({ value, label: t(`by.${value}`) }));
  return (
    <>
      <PageHeader
        above={<Link href={addressOf("/reports", asked)} className="inline-flex min-h-11 items-center underline underline-offset-4">{t("title")}</Link>}
        title={t(`name.${name}`)}
        text={t(`about.${name}`)}
        actions={<Files name={name} by={by} asked={asked} />}
      />
      <FilterBar asked={asked} set={set} />
      <div className="mb-6 grid gap-4 sm:grid-cols-2">
        <Select label={t("report")} options={NAMES.map((value) => ({ value, label: t(`name.${value}`) }))} value={name} onChange={(event) => set({ name: event.target.value, by: undefined })} />
        <Select label={t("grouped")} options={groups} value={by ?? query.data?.by ?? ""} onChange={(event) => set({ by: event.target.value })} />
      </div>
      <Loaded query={query} waiting={<Skeleton className="h-96 w-full" />}>
        {(table) => (table.rows.length ? <Shown table={table} asked={asked} /> : <Section><EmptyState title={t("none")} text={t("none_text")} /></Section>)}
      </Loaded>
    </>
  );
}

function Shown({ table, asked }: { table: Table; asked: Asked & { from: string; to: string } }) {
  const t = useTranslations("reports");
  const format = useFormat();
  const write = useValue();
  const change = useChange();
  const days = t("days", { from: format.date(table.previous_period.from), to: format.date(table.previous_period.to) });
  return (
    <div className="grid grid-cols-1 gap-6">
      <ChartCard title={table.title} text={table.by_title} chart={<Chart table={table} />} table={<ReportTable table={table} asked={asked} />} />
      <Section title={t("compared")} text={days} flush>
        <dl className="grid sm:grid-cols-2 lg:grid-cols-3">
          {table.columns.map((column) => {
            const value = table.total[column.name] ?? null, before = table.previous[column.name] ?? null;
            const better = sense(column.name, column.unit) * Math.sign((value ?? 0) - (before ?? 0));
            const differs = change(value, before, column.unit);
            return (
              <div key={column.name} className="border-t border-line px-5 py-3">
                <dt className="text-sm text-muted">{column.title}</dt>
                <dd className="num flex flex-wrap items-baseline gap-x-3">
                  <span className="text-lg font-semibold">{write(value, column.unit)}</span>
                  {differs && <span className={better > 0 ? "text-good" : better < 0 ? "text-bad" : "text-muted"}>{differs}</span>}
                  <span className="text-sm text-muted">{t("before", { value: write(before, column.unit) })}</span>
                </dd>
              </div>
            );
          })}
        </dl>
      </Section>
      <Section title={t("rows")} flush><ReportTable table={table} asked={asked} /></Section>
    </div>
  );
}

function Files({ name, by, asked }: { name: Name; by: By | undefined; asked: Asked }) {
  const t = useTranslations("reports");
  const lang = useLocale();
  return FILES.map((format) => (
    <a key={format} href={addressOf(`/api/reports/${name}/file`, asked, { by, format, lang })} download className={buttonLook("secondary")}>
      <Download aria-hidden className="size-4" />
      <span className="sr-only">{t("download")}</span>
      {t(`file.${format}`)}
    </a>
  ));
}
