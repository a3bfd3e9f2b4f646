"use client";

import { useTranslations } from "next-intl";
import type { Column, Row } from "../api";
import { useValue } from "../value";

const MOST = 15;
const BARS = ["bg-accent", "bg-warn", "bg-info"];

/** Columns of a report by kind, manager or the like, the largest first. */
export default function BarChart({ columns, rows }: { columns: Column[]; rows: Row[] }) {
  const t = useTranslations("reports");
  const write = useValue();
  const top = Math.max(1e-9, ...rows.flatMap((row) => columns.map((column) => row.values[column.name] ?? 0)));
  return (
    <div className="grid gap-4">
      <ul className="grid gap-3">
        {rows.slice(0, MOST).map((row) => (
          <li key={row.key} className="grid gap-1 sm:grid-cols-[14rem_1fr] sm:items-center sm:gap-4">
            <span className="truncate text-sm font-medium" title={row.name}>{row.name}</span>
            <div className="grid gap-1">
              {columns.map((column, number) => {
                const value = row.values[column.name] ?? null;
                return (
                  <div key={column.name} className="flex items-center gap-2">
                    <span className="h-3 min-w-0 flex-1 rounded-full bg-sunken">
                      <span aria-hidden className={`block h-3 rounded-full ${BARS[number]}`} style={{ width: `${((value ?? 0) / top) * 100}%` }} />
                    </span>
                    <span className="num w-24 shrink-0 text-right text-sm"><span className="sr-only">{column.title}: </span>{write(value, column.unit)}</span>
                  </div>
                );
              })}
            </div>
          </li>
        ))}
      </ul>
      {rows.length > MOST && <p className="text-sm text-muted">{t("chart_most", { n: MOST, all: rows.length })}</p>}
      <ul aria-hidden className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
        {columns.map((column, number) => (
          <li key={column.name} className="flex items-center gap-2">
            <span className={`size-3 rounded-full ${BARS[number]}`} />
            {column.title}
          </li>
        ))}
      </ul>
    </div>
  );
}
