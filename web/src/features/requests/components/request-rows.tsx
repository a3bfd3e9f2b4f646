"use client";

import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { memo } from "react";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import type { Request } from "../api";
import { useNamed } from "../named";
import { StatusBadge } from "./status-badge";

/** Requests as lines that lead to them. */
export function RequestRows({ rows }: { rows: Request[] }) {
  return (
    <ul>
      {rows.map((row) => <RequestRow key={row.cons_id} row={row} />)}
    </ul>
  );
}

// Kept as it is when the list goes on.
const RequestRow = memo(function RequestRow({ row }: { row: Request }) {
  const t = useTranslations("requests");
  const format = useFormat();
  const named = useNamed();
  return (
    <li className="border-b border-line last:border-0">
      <Link href={`/request?id=${row.cons_id}`} className="group grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-5 py-3.5 outline-offset-[-3px] hover:bg-canvas sm:grid-cols-[minmax(0,1fr)_11rem_8.5rem_auto]">
        <span className="min-w-0 max-sm:col-span-2">
          <span className="line-clamp-2 font-medium sm:line-clamp-1">{row.comment || t("no_text")}</span>
          <span className="num text-sm text-muted">{named.name(row)} · {format.moments(row.create_date)}</span>
        </span>
        <span className="truncate text-sm text-muted">{named.manager(row)}</span>
        <span className="flex justify-end sm:justify-start"><StatusBadge status={row.status} /></span>
        <ChevronRight aria-hidden className="size-5 text-muted transition-transform group-hover:translate-x-0.5 max-sm:hidden" />
      </Link>
    </li>
  );
});
