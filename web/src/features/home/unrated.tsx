"use client";

import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import type { Request } from "@/features/requests/api";
import { shortNumber } from "@/features/requests/kinds";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Skeleton } from "@/shared/ui/state";

const Ask = dynamic(() => import("@/features/requests/components/rate-card").then((found) => found.Ask), { loading: () => <Skeleton className="h-40 w-full" /> });

/** A consultation that ended and was not rated; the next one comes when this one is. */
export function Unrated({ row, count }: { row: Request; count: number }) {
  const t = useTranslations("home");
  const format = useFormat();
  const name = row.number ? t("number", { number: shortNumber(row.number) }) : "";
  const line = [name, row.end_date && format.day(row.end_date), row.manager_name].filter(Boolean).join(" · ");
  const about = (
    <>
      <Link href={`/request?id=${row.cons_id}`} className="inline-flex min-h-11 items-center font-medium text-accent-strong hover:underline">
        <span className="line-clamp-1">{row.comment || name}</span>
      </Link>
      <span className="block">{line}{count > 1 && ` · ${t("unrated_more", { count: count - 1 })}`}</span>
    </>
  );
  return <Ask id={row.cons_id} about={about} />;
}
