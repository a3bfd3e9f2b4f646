"use client";

import { ArrowDownLeft, ArrowUpRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { shortNumber } from "@/features/requests/kinds";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import type { Spoken } from "./api";

/** Who spoke last on which request; the words are behind the link. */
export function Messages({ rows }: { rows: Spoken[] }) {
  const t = useTranslations("home");
  const format = useFormat();
  return (
    <ul className="border-t border-line">
      {rows.map((row) => {
        const desk = row.side === "desk";
        const Icon = desk ? ArrowDownLeft : ArrowUpRight;
        return (
          <li key={row.cons_id} className="border-b border-line last:border-0">
            <Link href={`/request?id=${row.cons_id}`} className="flex min-h-14 items-center gap-3 px-5 py-3 outline-offset-[-3px] hover:bg-canvas">
              <Icon aria-hidden className={`size-5 shrink-0 ${desk ? "text-accent-strong" : "text-muted"}`} />
              <span className="min-w-0 flex-1">
                <span className={desk ? "block font-medium" : "block"}>{t(desk ? "said_desk" : "said_you")}</span>
                <span className="block truncate text-sm text-muted">{[row.number && t("number", { number: shortNumber(row.number) }), row.comment].filter(Boolean).join(" · ")}</span>
              </span>
              <time dateTime={row.at} className="num shrink-0 text-sm text-muted">{format.moments(row.at)}</time>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
