"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRole } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { NAMES, promisesQuery, schedulesQuery, useReportSettings, type Recount, type Schedule } from "../api";
import { Promises } from "./promises";
import { ScheduleDialog } from "./schedule-dialog";

/** What is promised to clients, and which reports go out by themselves. */
export function ReportSettingsPage() {
  const t = useTranslations("reports");
  const role = useRole();
  const head = role === "head" || role === "administrator";
  const promises = useQuery(promisesQuery);
  return (
    <>
      <PageHeader
        above={<Link href="/reports" className="inline-flex min-h-11 items-center underline underline-offset-4">{t("title")}</Link>}
        title={t("settings")}
        text={t("settings_text")}
      />
      <div className="grid gap-6">
        {role !== "manager" && role !== null && <Schedules head={head} />}
        <Section title={t("promises")} text={head ? t("promises_text") : undefined}>
          <Loaded query={promises}>
            {({ items, recount }) => (
              <>
                <Recounting recount={recount} />
                <Promises key={JSON.stringify(items)} items={items} head={head} />
              </>
            )}
          </Loaded>
        </Section>
      </div>
    </>
  );
}

/** How far the requests are counted anew after the last change of deadlines. */
function Recounting({ recount }: { recount: Recount | null }) {
  const t = useTranslations("reports");
  const format = useFormat();
  if (!recount || recount.finished_at) return null;
  const total = recount.total ?? 0;
  return (
    <div className="mb-5 grid gap-2" role="status">
      <p>{t("promise.recount")}</p>
      <progress className="w-full max-w-md" aria-label={t("promise.recount")} max={Math.max(total, 1)} value={recount.done} />
      {total > 0 && <p className="num text-sm text-muted">{t("promise.recount_done", { done: format.number(recount.done), total: format.number(total) })}</p>}
    </div>
  );
}

function Schedules({ head }: { head: boolean }) {
  const t = useTranslations("reports");
  const query = useQuery(schedulesQuery);
  const [edited, setEdited] = useState<Schedule | "new" | null>(null);
  const add = head && <Button onClick={() => setEdited("new")}>{t("schedule.add")}</Button>;
  return (
    <Section title={t("schedules")} text={t("schedules_text")} actions={add} flush>
      <Loaded query={query}>
        {({ items }) => (items.length ? <ScheduleTable items={items} head={head} edit={setEdited} /> : <EmptyState title={t("schedule.none")} text={t("schedule.none_text")} />)}
      </Loaded>
      {edited && <ScheduleDialog key={edited === "new" ? "new" : edited.schedule_id} given={edited === "new" ? undefined : edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}

function ScheduleTable({ items, head, edit }: { items: Schedule[]; head: boolean; edit: (one: Schedule) => void }) {
  const t = useTranslations("reports");
  const format = useFormat();
  const toast = useToast();
  const { remove } = useReportSettings();
  const end = (id: string) => remove.mutateAsync(id).catch((error: unknown) => {
    toast.failed(error);
    throw error;
  });
  const name = (value: string) => t(`name.${NAMES.find((each) => each === value) ?? "volume"}`);
  const fate = (value: string | null) => (value === null ? null : (["sent", "sending", "later", "failed", "unknown"] as const).find((each) => each === value));
  return (
    <Table
      caption={t("schedules")}
      rows={items}
      id={(row) => row.schedule_id}
      columns={[
        { key: "report", title: t("report"), lead: true, cell: (row) => name(row.report) },
        { key: "when", title: t("schedule.when"), cell: (row) => t("schedule.at", { period: t(`schedule.period.${row.period as "day" | "week" | "month"}`), at: row.at.slice(0, 5) }) },
        { key: "to", title: t("schedule.recipient"), cell: (row) => `${row.recipient} · ${row.format.toUpperCase()}` },
        { key: "last", title: t("schedule.last"), cell: (row) => {
          const state = fate(row.sent_state);
          if (!state) return "—";
          return (
            <span className="grid justify-items-start gap-1">
              <Badge tone={state === "sent" ? "good" : state === "failed" ? "bad" : "warn"}>{t(`schedule.state.${state}`)}</Badge>
              {row.sent_error && <span lang="en" className="text-sm break-words text-muted">{row.sent_error}</span>}
            </span>
          );
        } },
        { key: "next", title: t("schedule.next"), cell: (row) => row.active ? <span className="num">{row.next_at ? format.moments(row.next_at) : "—"}</span> : <Badge>{t("schedule.paused")}</Badge> },
        ...(head ? [{ key: "act", title: t("schedule.change"), right: true, cell: (row: Schedule) => (
          <span className="inline-flex gap-1">
            <Button look="quiet" onClick={() => edit(row)}>{t("schedule.change")}</Button>
            <ConfirmButton look="quiet" label={t("schedule.end")} title={t("schedule.end_title")} text={t("schedule.end_text")} act={() => end(row.schedule_id)} />
          </span>
        ) }] : []),
      ]}
    />
  );
}
