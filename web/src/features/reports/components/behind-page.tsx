"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Suspense } from "react";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded, SkeletonList } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { behindQuery, type Behind, type Only } from "../api";
import { addressOf, useAsked } from "../asked";
import { useValue } from "../value";
import { FilterBar } from "./filter-bar";

const ONLY = ["closed", "cancelled", "rated", "redated", "repeated", "first_met", "first_missed", "closing_met", "closing_missed", "first", "answer", "closing"] as const;
const STATES = ["new", "open", "pending", "other", "closed", "resolved", "cancelled"] as const;

export function BehindPage() {
  return <Suspense fallback={<SkeletonList />}><BehindList /></Suspense>;
}

/** The requests that a figure counts. */
function BehindList() {
  const t = useTranslations("reports");
  const { asked, params, set } = useAsked();
  const only = ONLY.find((each) => each === params.get("only")) as Only | undefined;
  const number = (name: string, most: number) => {
    const value = Number(params.get(name) ?? NaN);
    return Number.isInteger(value) && value >= 0 && value <= most ? value : undefined;
  };
  const weekday = number("weekday", 7) as 1 | 2 | 3 | 4 | 5 | 6 | 7 | undefined, hour = number("hour", 23);
  const query = useInfiniteQuery(behindQuery({ ...asked, only, weekday, hour }));
  const told = [only && t(`only.${only}`), weekday && t(`days_of_week.${weekday}`), hour !== undefined && t("at_hour", { from: hour, to: hour + 1 })].filter(Boolean);
  return (
    <>
      <PageHeader
        above={<Link href={addressOf("/reports", asked)} className="inline-flex min-h-11 items-center underline underline-offset-4">{t("title")}</Link>}
        title={t("behind")}
        text={told.length ? told.join(" · ") : t("behind_text")}
        actions={told.length > 0 && <Button look="secondary" onClick={() => set({ only: undefined, weekday: undefined, hour: undefined })}>{t("behind_all")}</Button>}
      />
      <FilterBar asked={asked} set={set} />
      <Section flush>
        <Loaded query={query}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.items);
            return rows.length ? <Requests rows={rows} /> : <EmptyState title={t("none")} text={t("none_text")} />;
          }}
        </Loaded>
        <More query={query} />
      </Section>
    </>
  );
}

function Requests({ rows }: { rows: Behind[] }) {
  const t = useTranslations("reports");
  const format = useFormat();
  const write = useValue();
  const state = (row: Behind) => STATES.find((each) => each === row.status) ?? "other";
  const columns: Column<Behind>[] = [
    { key: "number", title: t("number"), lead: true, cell: (row) => <Link href={`/desk/request?id=${row.cons_id}`} className="inline-flex min-h-11 items-center underline underline-offset-4 md:min-h-0">{row.number ?? t("no_number")}</Link> },
    { key: "created", title: t("created"), cell: (row) => <span className="num">{format.date(row.created_at)}, {format.time(row.created_at)}</span> },
    { key: "client", title: t("client"), cell: (row) => row.client_name ?? "—" },
    { key: "manager", title: t("by.manager"), cell: (row) => row.manager_name ?? "—" },
    { key: "state", title: t("state"), cell: (row) => <span className="inline-flex flex-wrap gap-1.5"><Badge>{t(`status.${state(row)}`)}</Badge>{row.late && <Badge tone="bad">{t("late")}</Badge>}</span> },
    { key: "first", title: t("first"), right: true, cell: (row) => write(row.first_seconds, "seconds") },
    { key: "closing", title: t("closing"), right: true, cell: (row) => write(row.closing_seconds, "seconds") },
    { key: "mark", title: t("mark"), right: true, cell: (row) => write(row.mark, "mark") },
  ];
  return <Table caption={t("behind")} columns={columns} rows={rows} id={(row) => row.cons_id} />;
}
