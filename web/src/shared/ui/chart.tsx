"use client";

import { useTranslations } from "next-intl";
import { useId, useState, type ReactNode } from "react";
import { Button } from "./button";

type Props = { title: string; text?: string; chart: ReactNode; table: ReactNode; actions?: ReactNode };

/** A card with a chart and, behind it, the same as a table. Load what draws lazily (next/dynamic). */
export function ChartCard({ title, text, chart, table, actions }: Props) {
  const t = useTranslations("common");
  const [figures, setFigures] = useState(false);
  const id = useId();
  return (
    <figure aria-labelledby={id} className="card min-w-0">
      <figcaption className="flex flex-wrap items-start justify-between gap-3 px-5 pt-4">
        <div>
          <h2 id={id} className="text-lg font-semibold">{title}</h2>
          {text && <p className="text-sm text-muted">{text}</p>}
        </div>
        <div className="flex gap-1">
          {actions}
          <Button look="quiet" aria-pressed={figures} onClick={() => setFigures(!figures)}>{t(figures ? "as_chart" : "as_table")}</Button>
        </div>
      </figcaption>
      <div role="region" aria-labelledby={id} tabIndex={0} className={figures ? "overflow-x-auto pt-3" : "overflow-x-auto p-5"}>{figures ? table : chart}</div>
    </figure>
  );
}
