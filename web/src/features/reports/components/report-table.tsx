"use client";

import { useTranslations } from "next-intl";
import { Link } from "@/shared/i18n/link";
import { Table as Rows, type Column as Cell } from "@/shared/ui/table";
import type { Asked, By, Only, Row, Table } from "../api";
import { addressOf, type Extra } from "../asked";
import { useValue } from "../value";

/** Which requests a column counts; columns that are not here count all, or none in particular. */
const ONLY: Record<string, Only> = {
  closed: "closed", cancelled: "cancelled", repeated: "repeated", redated: "redated", rated: "rated", first_met: "first_met",
  first_missed: "first_missed", closing_met: "closing_met", closing_missed: "closing_missed", first_count: "first", answer_count: "answer", closing_count: "closing",
};
const PLAIN = new Set(["requests", ...Object.keys(ONLY)]);

/** The days of a row that is a day, a week or a month, within the period asked for. */
function within(by: string, key: string, asked: { from: string; to: string }): Extra {
  const day = new Date(`${key}T00:00:00Z`);
  const end = new Date(day);
  if (by === "week") end.setUTCDate(end.getUTCDate() + 6);
  if (by === "month") end.setUTCMonth(end.getUTCMonth() + 1, 0);
  const last = end.toISOString().slice(0, 10);
  return { from: key < asked.from ? asked.from : key, to: last > asked.to ? asked.to : last };
}

/** A report as a table with its total; counts lead to the requests behind them. */
export function ReportTable({ table, asked }: { table: Table; asked: Asked & { from: string; to: string } }) {
  const t = useTranslations("reports");
  const write = useValue();
  const time = (["day", "week", "month"] as string[]).includes(table.by);
  const narrowed = (row: Row): Extra => (row.key === TOTAL ? {} : time ? within(table.by, row.key, asked) : { [table.by as By]: row.key });
  const columns: Cell<Row>[] = [
    { key: "name", title: table.by_title, lead: true, cell: (row) => row.name },
    ...table.columns.map((column) => ({
      key: column.name,
      title: column.title,
      right: true,
      cell: (row: Row) => {
        const value = row.values[column.name];
        const text = write(value, column.unit);
        if (!PLAIN.has(column.name) || !value) return text;
        const href = addressOf("/reports/requests", asked, { ...narrowed(row), only: ONLY[column.name] });
        return <Link href={href} className="inline-flex min-h-11 items-center underline decoration-line-strong underline-offset-4 hover:text-accent-strong md:min-h-0">{text}</Link>;
      },
    })),
  ];
  const total: Row = { key: TOTAL, name: t("total"), values: table.total };
  // Thirteen columns are wider than a desk: the table moves within its card, by keys too.
  return (
    <div role="group" aria-label={table.title} tabIndex={0} className="overflow-x-auto">
      <Rows caption={table.title} columns={columns} rows={[...table.rows, total]} id={(row) => row.key} />
    </div>
  );
}

const TOTAL = "total";
