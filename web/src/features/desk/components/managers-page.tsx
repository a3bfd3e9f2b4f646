"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useLive } from "@/features/live/live";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Figure, PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { Tabs } from "@/shared/ui/tabs";
import { deskKeys, managersQuery, proposalsQuery, type Manager } from "../api";
import { Closings } from "./closings";
import { closedToday } from "./hand-over";
import { Load } from "./marks";
import { Proposals } from "./proposals";

/** Who works, how loaded everybody is, and who takes no more. */
export function ManagersPage() {
  const t = useTranslations("desk");
  const [tab, setTab] = useInAddress("tab", "managers");
  const query = useQuery(managersQuery);
  const waiting = useQuery(proposalsQuery);
  useLive("desk", deskKeys.managers, [...deskKeys.all, "proposals"]);
  const count = waiting.data?.items.length ?? 0;
  return (
    <>
      <PageHeader title={t("managers.title")} text={t("managers.text")} />
      {query.data && <Sums rows={query.data} />}
      <Tabs
        label={t("managers.title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "managers", label: t("managers.title"), content: <Section flush className="overflow-clip"><Loaded query={query}>{(rows) => <Managers rows={rows} />}</Loaded></Section> },
          { value: "proposals", label: <>{t("proposals.title")} {count > 0 && <Badge tone="warn">{count}</Badge>}</>, content: <Proposals /> },
        ]}
      />
    </>
  );
}

function Sums({ rows }: { rows: Manager[] }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const able = rows.filter((each) => each.limit);
  const [waiting, limit] = [sum(able, (each) => each.waiting), sum(able, (each) => each.limit ?? 0)];
  return (
    <div className="mb-6 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure label={t("managers.working")} value={format.number(able.filter((each) => !closedToday(each)).length)} note={t("managers.of_all", { count: able.length })} />
      <Figure label={t("managers.waiting")} value={format.number(waiting)} note={t("managers.room", { count: Math.max(0, limit - waiting) })} />
      <Figure label={t("managers.load")} value={limit ? format.percent(waiting / limit) : "—"} />
      <Figure label={t("managers.full")} value={format.number(able.filter((each) => (each.load_percent ?? 0) >= 100).length)} />
    </div>
  );
}

function sum(rows: Manager[], of: (row: Manager) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

function Managers({ rows }: { rows: Manager[] }) {
  const t = useTranslations("desk");
  const columns: Column<Manager>[] = [
    { key: "name", title: t("column.manager"), lead: true, cell: (row) => <Named row={row} /> },
    {
      key: "load", title: t("managers.load"),
      cell: (row) => (
        <span className="num block min-w-32">
          <span className="mb-1 block text-sm">{t("managers.waiting_of", { waiting: row.waiting, limit: row.limit ?? 0 })}</span>
          <Load percent={row.load_percent} label={t("managers.load_of", { percent: row.load_percent ?? 0 })} />
        </span>
      ),
    },
    { key: "today", title: t("managers.today"), right: true, cell: (row) => row.today },
    { key: "overdue", title: t("managers.overdue"), right: true, cell: (row) => <span className={row.overdue ? "font-semibold text-bad" : undefined}>{row.overdue}</span> },
    { key: "hours", title: t("managers.hours"), cell: (row) => <span className="num whitespace-nowrap">{row.start_hour ? `${row.start_hour}–${row.end_hour ?? ""}` : "—"}</span> },
    { key: "knows", title: t("managers.skills"), cell: (row) => <Knows row={row} /> },
    { key: "queue", title: t("managers.queue"), cell: (row) => <Closings manager={row} /> },
  ];
  if (rows.length === 0) return <EmptyState title={t("managers.none")} />;
  return <Table caption={t("managers.title")} columns={columns} rows={rows} id={(row) => row.manager_key} />;
}

function Named({ row }: { row: Manager }) {
  const t = useTranslations("desk");
  return (
    <span className="block text-left">
      {row.name}
      <span className="block text-sm font-normal text-muted">{row.agent_id ? (row.department ?? "—") : <span className="text-warn">{t("managers.no_agent")}</span>}</span>
    </span>
  );
}

function Knows({ row }: { row: Manager }) {
  const t = useTranslations("desk");
  const spoken = [row.uz && t("language.uz"), row.ru && t("language.ru")].filter(Boolean).join(", ");
  if (row.skills.length === 0) return <span className="text-sm text-muted">{spoken || "—"}</span>;
  return (
    <details className="max-w-64 text-sm">
      <summary className="flex min-h-11 items-center max-md:justify-end">{spoken && `${spoken} · `}{t("managers.skills_count", { count: row.skills.length })}</summary>
      <ul className="pb-2 text-muted">{row.skills.map((each) => <li key={each}>{each}</li>)}</ul>
    </details>
  );
}
