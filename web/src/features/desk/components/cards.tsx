"use client";

import { useTranslations } from "next-intl";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Table, type Column } from "@/shared/ui/table";
import type { Card } from "../api";
import { Planned, Status } from "./marks";

/** Requests as lines that lead to everything about them. */
export function Cards({ rows, caption, manager = true, company = true }: { rows: Card[]; caption: string; manager?: boolean; company?: boolean }) {
  const t = useTranslations("desk");
  const columns: Column<Card>[] = [
    { key: "request", title: t("column.request"), lead: true, cell: (row) => <Named row={row} /> },
    ...(company ? [{ key: "company", title: t("column.company"), cell: (row: Card) => <span className="line-clamp-2">{row.company_name ?? t("nobody_known")}</span> }] : []),
    { key: "planned", title: t("column.planned"), cell: (row) => <Planned at={row.start_date} overdue={row.overdue} /> },
    ...(manager ? [{ key: "manager", title: t("column.manager"), cell: (row: Card) => row.manager_name ?? <span className="text-warn">{t("no_manager")}</span> }] : []),
    { key: "status", title: t("column.status"), cell: (row) => <Status status={row.status} /> },
  ];
  return <Table caption={caption} columns={columns} rows={rows} id={(row) => row.cons_id} />;
}

function Named({ row }: { row: Card }) {
  const t = useTranslations("desk");
  const format = useFormat();
  return (
    <Link href={`/desk/request?id=${row.cons_id}`} className="flex min-h-11 max-w-md flex-col justify-center text-left hover:text-accent-strong">
      <span className="line-clamp-2 leading-snug">{row.comment || row.category || t("no_text")}</span>
      <span className="num mt-0.5 text-sm font-normal text-muted">
        {row.number ? t("number", { number: row.number }) : t("no_number")} · {t(`kind.${row.kind}`)} · {format.moments(row.create_date)}
      </span>
    </Link>
  );
}
