"use client";

import { useTranslations } from "next-intl";
import { useCodes } from "@/shared/lib/codes";
import { useFormat } from "@/shared/lib/format";
import { Badge, type Tone } from "@/shared/ui/badge";
import { Section } from "@/shared/ui/page";
import { EmptyState } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import type { Overview } from "../api";

const TONES: Record<string, Tone> = { dead: "bad", failed: "bad", unknown: "warn", sent: "good" };
const NAMES = ["outbox_onec", "outbox_chatwoot", "outbox_telegram", "inbox", "messages", "records"] as const;

/** How much waits where, and what became of the newest messages to people. */
export function Queues({ overview }: { overview: Overview }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const codes = useCodes();
  const name = (queue: string) => { const known = NAMES.find((each) => each === queue); return known ? t(`queues.name.${known}`) : queue; };
  const states = Object.entries(overview.messages).map(([state, n]) => ({ queue: "told", state, n }));
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Section flush title={t("queues.title")} text={t("queues.text")}>
        {overview.queues.length === 0 ? <EmptyState title={t("queues.none")} text={t("queues.none_text")} /> : (
          <Table caption={t("queues.title")} rows={overview.queues} id={(row) => `${row.queue}/${row.state}`} columns={[
            { key: "queue", title: t("column.queue"), lead: true, cell: (row) => name(row.queue) },
            { key: "state", title: t("column.state"), cell: (row) => <Badge tone={TONES[row.state] ?? "info"}>{codes("state", row.state)}</Badge> },
            { key: "n", title: t("column.count"), right: true, cell: (row) => format.number(row.n) },
          ]} />
        )}
      </Section>
      <Section flush title={t("queues.told")} text={t("queues.told_text")}>
        {states.length === 0 ? <EmptyState title={t("queues.none_told")} /> : (
          <Table caption={t("queues.told")} rows={states} id={(row) => row.state} columns={[
            { key: "state", title: t("column.state"), lead: true, cell: (row) => <Badge tone={TONES[row.state] ?? "plain"}>{codes("state", row.state)}</Badge> },
            { key: "n", title: t("column.count"), right: true, cell: (row) => format.number(row.n) },
          ]} />
        )}
      </Section>
    </div>
  );
}
