"use client";

import clsx from "clsx";
import { useTranslations } from "next-intl";
import { useCodes } from "@/shared/lib/codes";
import { useFormat, type Format } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Section } from "@/shared/ui/page";
import { Table } from "@/shared/ui/table";
import type { Story } from "../api";

type System = Record<string, unknown>;
/** What it is about, and where each system says it; `same` are names under which both must be equal. */
const ROWS = [
  ["status", "status", "status", "status"],
  ["status_1c", "status", "status", "status_1c"],
  ["number", "number", "number", "number_con"],
  ["kind", "consultation_type", null, "consultation_type"],
  ["manager", "manager_name", "manager_name", null],
  ["agent", "manager_agent", null, "manager"],
  ["planned", "start_date", "start_date", "date_con"],
  ["ended", "end_date", "end_date", "con_end"],
  ["denied", "denied", "denied", "closed_without_con"],
  ["deleted", "deleted", "deleted", null],
  ["created", "create_date", "create_date", null],
  ["changed", "changed_date", "changed_date", "updated_at"],
  ["version", "data_version", "data_version", null],
  ["conversation", "conversation_id", null, "conversation_id"],
  ["team", null, null, "team"],
  ["labels", null, null, "labels"],
  ["unconfirmed", "wanted", null, null],
] as const;
const STATUSES = ["new", "open", "pending", "other", "closed", "resolved", "cancelled"] as const;
type Words = { yes: string; no: string; status: (value: string) => string; column: (value: string) => string };
const COMPARED = new Set(["number", "kind", "manager", "conversation", "planned", "ended", "denied", "deleted", "agent", "version"]);

/** What each of the three systems shows of a request now, side by side. */
export function SideBySide({ now }: { now: Story["now"] }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const codes = useCodes();
  const common = useTranslations("common");
  const status = (value: string) => { const known = STATUSES.find((each) => each === value); return known ? t(`status.${known}`) : value; };
  const words: Words = { yes: common("yes"), no: common("no"), status, column: (value) => codes("column", value) };
  const [ours, onec, chatwoot] = [now.postgres ?? {}, now.onec ?? {}, now.chatwoot ?? {}];
  const rows = ROWS.map(([name, ...places]) => ({ name, values: [ours, onec, chatwoot].map((system, at) => shown(system, places[at] ?? null, format, words)) }));
  return (
    <Section flush title={t("request.systems")} text={t("request.systems_text")} actions={<span className="flex flex-wrap gap-2"><Away name={t("systems.onec")} system={onec} /><Away name={t("systems.chatwoot")} system={chatwoot} /></span>}>
      <Table
        caption={t("request.systems")}
        rows={rows}
        id={(row) => row.name}
        columns={[
          { key: "name", title: t("column.field"), lead: true, cell: (row) => t(`field.${row.name}`) },
          ...(["postgres", "onec", "chatwoot"] as const).map((system, at) => ({
            key: system, title: t(`systems.${system}`),
            cell: (row: (typeof rows)[number]) => <Value text={row.values[at] ?? null} odd={COMPARED.has(row.name) && differs(row.values, at)} label={t("request.differs")} />,
          })),
        ]}
      />
    </Section>
  );
}

function Value({ text, odd, label }: { text: string | null; odd: boolean; label: string }) {
  if (text === null) return <span className="text-muted">—</span>;
  return <span className={clsx("num break-words", odd && "rounded bg-warn-soft px-1.5 py-0.5 text-warn")} title={odd ? label : undefined}>{text}</span>;
}

/** Whether this system's value is not ours, where both say something. */
function differs(values: (string | null)[], at: number): boolean {
  return at > 0 && values[at] !== null && values[0] !== null && values[at] !== values[0];
}

function Away({ name, system }: { name: string; system: System }) {
  const t = useTranslations("desk");
  if (system.error) return <Badge tone="bad">{t("request.away", { system: name })}</Badge>;
  if (system.missing) return <Badge tone="bad">{t("request.missing", { system: name })}</Badge>;
  if (Object.keys(system).length === 0) return <Badge>{t("request.not_there", { system: name })}</Badge>;
  return <Badge tone="good" dot>{name}</Badge>;
}

function shown(system: System, name: string | null, format: Format, words: Words): string | null {
  const value = name === null ? undefined : system[name];
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) return null;
  if (Array.isArray(value)) return value.map(String).join(", ");
  if (typeof value === "object") return Object.keys(value).length ? Object.keys(value).map(words.column).join(", ") : null;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  // Chatwoot tells it in seconds.
  if (name === "updated_at" && typeof value === "number") return format.moments(value * 1000);
  const text = String(value);
  if (name?.startsWith("status")) return words.status(text);
  const moment = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/.exec(text);
  // Chatwoot's attributes hold Tashkent's wall clock without a zone.
  return moment ? format.moments(moment[4] ? text : `${moment[1]}+05:00`) : text;
}
