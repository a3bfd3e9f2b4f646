"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useInAddress } from "@/shared/lib/address";
import { useCodes } from "@/shared/lib/codes";
import { millis } from "@/shared/lib/exact";
import { useFormat } from "@/shared/lib/format";
import { ChartCard } from "@/shared/ui/chart";
import { Checkbox, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import { runsQuery, type Run, type RunPoint } from "../api";
import { Outcome } from "./outcome";
import { RunsChart } from "./runs-chart";

const HOURS = ["1", "6", "24", "168"] as const;

/** Runs of one process or of all: over time, and the newest one by one. */
export function Runs({ names }: { names: string[] }) {
  const t = useTranslations("ops");
  const codes = useCodes();
  const [process, setProcess] = useInAddress("process", names.includes("cons") ? "cons" : (names[0] ?? ""), names);
  const [hours, setHours] = useInAddress("hours", "6", HOURS);
  const [only, setOnly] = useInAddress("only", "", ["bad"]);
  const bad = only === "bad";
  const query = useQuery(runsQuery(process || undefined, Number(hours), bad));
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-end gap-4">
        <div className="w-60"><Select label={t("column.process")} options={names.map((value) => ({ value, label: codes("process", value) }))} value={process} onChange={(event) => setProcess(event.target.value)} /></div>
        <div className="w-44"><Select label={t("runs.over")} options={HOURS.map((value) => ({ value, label: t(`runs.hours.${value}`) }))} value={hours} onChange={(event) => setHours(event.target.value)} /></div>
        <Checkbox label={t("runs.only_bad")} checked={bad} onChange={(event) => setOnly(event.target.checked ? "bad" : "")} />
      </div>
      <Loaded query={query}>
        {({ series, last }) => (
          <>
            <ChartCard title={t("runs.chart", { process: codes("process", process) })} text={t("runs.chart_text")} chart={<RunsChart points={series} />} table={<Figures points={series} />} />
            <Section flush title={t("runs.last")}>
              {last.length === 0 ? <EmptyState title={t(bad ? "runs.no_bad" : "runs.none")} /> : <Rows rows={last} />}
            </Section>
          </>
        )}
      </Loaded>
    </div>
  );
}

function Figures({ points }: { points: RunPoint[] }) {
  const t = useTranslations("ops");
  const format = useFormat();
  return (
    <Table
      caption={t("runs.title")}
      rows={[...points].reverse()}
      id={(row) => row.at}
      columns={[
        { key: "at", title: t("column.time"), lead: true, cell: (row) => format.moments(row.at) },
        { key: "runs", title: t("column.runs"), right: true, cell: (row) => row.runs },
        { key: "failed", title: t("column.errors"), right: true, cell: (row) => row.failed },
        { key: "took", title: t("column.took"), right: true, cell: (row) => (row.p50 === null ? "—" : millis(format, row.p50)) },
        { key: "longest", title: t("column.longest"), right: true, cell: (row) => (row.longest === null ? "—" : millis(format, row.longest)) },
        { key: "changed", title: t("column.changed"), right: true, cell: (row) => format.number(row.changed) },
      ]}
    />
  );
}

function Rows({ rows }: { rows: Run[] }) {
  const t = useTranslations("ops");
  const format = useFormat();
  return (
    <Table
      caption={t("runs.last")}
      rows={rows}
      id={(row) => String(row.id)}
      columns={[
        { key: "at", title: t("column.time"), lead: true, cell: (row) => <span className="num whitespace-nowrap">{format.moments(row.started_at)}</span> },
        { key: "outcome", title: t("column.state"), cell: (row) => <Outcome outcome={row.outcome} /> },
        { key: "took", title: t("column.took"), right: true, cell: (row) => (row.duration_ms === null ? "—" : millis(format, row.duration_ms)) },
        { key: "read", title: t("column.read"), right: true, cell: (row) => format.number(row.read) },
        { key: "changed", title: t("column.changed"), right: true, cell: (row) => format.number(row.created + row.updated) },
        { key: "refused", title: t("column.refused"), right: true, cell: (row) => format.number(row.failed) },
        { key: "error", title: t("column.error"), cell: (row) => (row.error ? <span className="line-clamp-2 max-w-80 text-sm break-words text-bad">{row.error}</span> : "—") },
      ]}
    />
  );
}
