"use client";

import { useTranslations } from "next-intl";
import { useCodes } from "@/shared/lib/codes";
import { millis } from "@/shared/lib/exact";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Section } from "@/shared/ui/page";
import { Table } from "@/shared/ui/table";
import type { Process } from "../api";
import { Outcome } from "./outcome";

/** Each process of the sync: its last run, its lag, and what went wrong. */
export function Processes({ rows }: { rows: Process[] }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const codes = useCodes();
  const sorted = [...rows].sort((one, other) => Number(other.stale) - Number(one.stale) || other.errors - one.errors);
  return (
    <Section flush title={t("health.processes")}>
      <Table
        caption={t("health.processes")}
        rows={sorted}
        id={(row) => row.name}
        columns={[
          { key: "name", title: t("column.process"), lead: true, cell: (row) => <>{codes("process", row.name)} <code className="font-mono text-sm font-normal text-muted">{row.name}</code>{row.error && <span className="block text-sm font-normal break-words text-bad">{row.error}</span>}</> },
          { key: "state", title: t("column.state"), cell: (row) => (row.stale ? <Badge tone="bad" dot>{t("stale")}</Badge> : row.last_outcome ? <Outcome outcome={row.last_outcome} /> : <span className="text-muted">{t("not_yet")}</span>) },
          { key: "lag", title: t("column.lag"), right: true, cell: (row) => (row.lag === null ? "—" : <span className="whitespace-nowrap" title={t("every", { time: format.duration(row.every) })}>{format.duration(row.lag)}</span>) },
          { key: "time", title: t("column.time"), cell: (row) => (row.last_started === null ? "—" : <span className="num whitespace-nowrap">{format.moments(row.last_started)}</span>) },
          { key: "took", title: t("column.took"), right: true, cell: (row) => (row.duration_ms === null ? "—" : millis(format, row.duration_ms)) },
          { key: "read", title: t("column.read"), right: true, cell: (row) => format.number(row.read_count ?? 0) },
          { key: "changed", title: t("column.changed"), right: true, cell: (row) => format.number((row.created_count ?? 0) + (row.updated_count ?? 0)) },
          { key: "errors", title: t("column.errors"), right: true, cell: (row) => <span className={row.errors ? "font-semibold text-bad" : undefined}>{row.errors}</span> },
        ]}
      />
    </Section>
  );
}
