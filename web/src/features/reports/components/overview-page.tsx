"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, CalendarClock } from "lucide-react";
import { useTranslations } from "next-intl";
import { Suspense } from "react";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { buttonLook } from "@/shared/ui/button";
import { ChartCard } from "@/shared/ui/chart";
import { PageHeader, Section } from "@/shared/ui/page";
import { Loaded, Skeleton, SkeletonList } from "@/shared/ui/state";
import { Table as Rows } from "@/shared/ui/table";
import { heatQuery, NAMES, overviewQuery, tableQuery, type Asked, type Figure, type Heat } from "../api";
import { addressOf, useAsked } from "../asked";
import { sense, useChange, useValue } from "../value";
import { Chart, HeatMap } from "./charts";
import { FilterBar } from "./filter-bar";
import { ReportTable } from "./report-table";

export function OverviewPage() {
  return <Suspense fallback={<SkeletonList />}><Overview /></Suspense>;
}

/** Key figures beside the period before, the days, the hours, and the way to every report. */
function Overview() {
  const t = useTranslations("reports");
  const { asked, set } = useAsked();
  const figures = useQuery(overviewQuery(asked));
  const days = useQuery(tableQuery("volume", grainOf(asked), asked));
  const heat = useQuery(heatQuery(asked));
  const actions = (
    <Link href="/reports/settings" className={buttonLook("secondary")}><CalendarClock aria-hidden className="size-4" />{t("settings")}</Link>
  );
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} actions={actions} />
      <FilterBar asked={asked} set={set} />
      <Loaded query={figures} waiting={<Skeleton className="h-48 w-full" />}>{(told) => <Figures figures={told.figures} />}</Loaded>
      <div className="mt-6 grid gap-6">
        <Loaded query={days} waiting={<Skeleton className="h-80 w-full" />}>
          {(table) => <ChartCard title={table.title} text={table.by_title} chart={<Chart table={table} />} table={<ReportTable table={table} asked={asked} />} />}
        </Loaded>
        <Loaded query={heat} waiting={<Skeleton className="h-80 w-full" />}>
          {(told) => <ChartCard title={t("heat")} text={t("heat_text")} chart={<HeatMap heat={told} asked={asked} />} table={<HeatTable heat={told} />} />}
        </Loaded>
        <Section title={t("all_reports")} flush>
          <ul className="grid sm:grid-cols-2 lg:grid-cols-3">
            {NAMES.map((name) => <ReportLink key={name} name={name} asked={asked} />)}
          </ul>
        </Section>
      </div>
    </>
  );
}

/** Days that a chart can show: of a long period its weeks or months. */
function grainOf({ from, to }: { from: string; to: string }): "day" | "week" | "month" {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  return days > 740 ? "month" : days > 92 ? "week" : "day";
}

function Figures({ figures }: { figures: Figure[] }) {
  const t = useTranslations("reports");
  const write = useValue();
  const change = useChange();
  return (
    <dl className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-5">
      {figures.map((each) => {
        const differs = change(each.value, each.previous, each.unit);
        const better = sense(each.name, each.unit) * Math.sign((each.value ?? 0) - (each.previous ?? 0));
        return (
          <div key={each.name} className="card flex flex-col px-4 py-3.5">
            <dt className="text-sm text-muted">{each.title}</dt>
            <dd className="num mt-1 text-xl font-semibold">{write(each.value, each.unit)}</dd>
            <dd className="mt-auto pt-1 text-sm text-muted">
              {differs && <span className={better > 0 ? "text-good" : better < 0 ? "text-bad" : ""}>{differs} </span>}
              {t("before", { value: write(each.previous, each.unit) })}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function ReportLink({ name, asked }: { name: (typeof NAMES)[number]; asked: Asked }) {
  const t = useTranslations("reports");
  return (
    <li className="border-t border-line">
      <Link href={addressOf("/reports/report", asked, { name })} className="group flex min-h-16 items-center justify-between gap-3 px-5 py-3 outline-offset-[-3px] hover:bg-canvas">
        <span>
          <span className="block font-medium">{t(`name.${name}`)}</span>
          <span className="block text-sm text-muted">{t(`about.${name}`)}</span>
        </span>
        <ArrowRight aria-hidden className="size-5 shrink-0 text-muted transition-transform group-hover:translate-x-0.5" />
      </Link>
    </li>
  );
}

function HeatTable({ heat }: { heat: Heat }) {
  const t = useTranslations("reports");
  const format = useFormat();
  const day = (number: number) => t(`weekdays.${number as 1 | 2 | 3 | 4 | 5 | 6 | 7}`);
  return (
    <Rows
      caption={t("heat")}
      rows={heat.cells}
      id={(cell) => `${cell.weekday}-${cell.hour}`}
      columns={[
        { key: "day", title: t("weekday"), lead: true, cell: (cell) => day(cell.weekday) },
        { key: "hour", title: t("hour"), right: true, cell: (cell) => `${String(cell.hour).padStart(2, "0")}:00` },
        { key: "n", title: t("requests"), right: true, cell: (cell) => format.number(cell.n) },
      ]}
    />
  );
}
