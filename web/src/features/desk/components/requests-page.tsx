"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue, useMemo } from "react";
import { useLive } from "@/features/live/live";
import type { Schemas } from "@/shared/api/client";
import { useInAddress } from "@/shared/lib/address";
import { Input, Select } from "@/shared/ui/field";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { deskKeys, managersQuery, requestsQuery, type Filters } from "../api";
import { Planned, Status } from "./marks";

type Row = Schemas["ConsultationOut"];
const STATUSES = ["new", "open", "pending", "other", "closed", "resolved", "cancelled"] as const;
const KINDS = ["accounting", "support"] as const;

/** All requests there ever were, by words, state, kind and manager. */
export function RequestsPage() {
  const t = useTranslations("desk");
  const [typed, setTyped] = useInAddress("q");
  const [status, setStatus] = useInAddress("status", "", STATUSES);
  const [kind, setKind] = useInAddress("kind", "", KINDS);
  const [manager, setManager] = useInAddress("manager");
  const words = useDeferredValue(typed.trim());
  const managers = useQuery(managersQuery);
  const filters: Filters = {
    q: words.length > 1 ? words : undefined,
    status: status ? [status as (typeof STATUSES)[number]] : undefined,
    kind: kind ? (kind as "accounting" | "support") : undefined,
    manager: manager || undefined,
  };
  const query = useInfiniteQuery(requestsQuery(filters));
  useLive("desk", [...deskKeys.all, "requests"]);
  return (
    <>
      <PageHeader title={t("requests.title")} text={t("requests.text")} />
      <Section flush>
        <div className="grid gap-4 border-b border-line p-5 sm:grid-cols-2 lg:grid-cols-[1fr_11rem_12rem_15rem]">
          <Input type="search" label={t("search")} placeholder={t("requests.search_hint")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} />
          <Select label={t("column.status")} empty={t("any")} options={STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))} value={status} onChange={(event) => setStatus(event.target.value)} />
          <Select label={t("column.kind")} empty={t("any")} options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} value={kind} onChange={(event) => setKind(event.target.value)} />
          <Select label={t("column.manager")} empty={t("any")} options={(managers.data ?? []).map((each) => ({ value: each.manager_key, label: each.name }))} value={manager} onChange={(event) => setManager(event.target.value)} />
        </div>
        <Loaded query={query}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.consultations);
            if (rows.length === 0) return <EmptyState icon={<Search className="size-6" />} title={t("none_fit")} text={t("none_fit_text")} />;
            return <Found rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Section>
    </>
  );
}

function Found({ rows }: { rows: Row[] }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const columns = useMemo<Column<Row>[]>(() => [
    {
      key: "request", title: t("column.request"), lead: true,
      cell: (row) => (
        <Link href={`/desk/request?id=${row.cons_id}`} className="flex min-h-11 max-w-xl flex-col justify-center text-left hover:text-accent-strong">
          <span className="line-clamp-1">{row.comment || t("no_text")}</span>
          <span className="num text-sm font-normal text-muted">{row.number ? t("number", { number: row.number }) : t("no_number")} · {format.moments(row.create_date)}</span>
        </Link>
      ),
    },
    { key: "planned", title: t("column.planned"), cell: (row) => <Planned at={row.start_date} /> },
    { key: "manager", title: t("column.manager"), cell: (row) => row.manager_name ?? <span className="text-warn">{t("no_manager")}</span> },
    { key: "status", title: t("column.status"), cell: (row) => <Status status={row.status} /> },
  ], [t, format]);
  return <Table caption={t("requests.title")} rows={rows} id={(row) => row.cons_id} columns={columns} />;
}
