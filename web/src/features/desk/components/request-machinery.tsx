"use client";

import { useTranslations } from "next-intl";
import { useCodes } from "@/shared/lib/codes";
import { exact } from "@/shared/lib/exact";
import { useFormat, type Format } from "@/shared/lib/format";
import { Badge, type Tone } from "@/shared/ui/badge";
import { Section } from "@/shared/ui/page";
import type { Story } from "../api";

type Row = Record<string, unknown>;
type Codes = ReturnType<typeof useCodes>;
type Part = (typeof PARTS)[number];
const PARTS = ["dead_letters", "drift", "pushes", "messages", "webhooks", "moves", "calls", "ratings", "files", "runs", "events"] as const;
const TONES: Record<string, Tone> = {
  sent: "good", handled: "good", ok: "good", dead: "bad", failed: "bad", lost: "bad", unknown: "warn", refused: "warn", pending: "info", queued: "info", new: "info", partial: "warn",
};
/** Members whose values are short names of one sort. */
const SORTS = { type: "type", process: "process", status: "state" } as const;

/** What the platform did about a request: pushes, messages, webhooks and all else that was written down. */
export function Machinery({ story }: { story: Story }) {
  const t = useTranslations("desk");
  const parts = PARTS.filter((part) => story[part].length > 0);
  if (parts.length === 0) return <p className="py-6 text-muted">{t("machinery.none")}</p>;
  return (
    <div className="flex flex-col gap-4">
      {parts.map((part) => (
        <Section key={part} flush title={<>{t(`machinery.${part}`)} <span className="num text-base font-normal text-muted">{story[part].length}</span></>}>
          <ul className="border-t border-line">
            {[...story[part]].reverse().map((row, at) => <Line key={at} part={part} row={row} />)}
          </ul>
        </Section>
      ))}
    </div>
  );
}

function Line({ part, row }: { part: Part; row: Row }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const codes = useCodes();
  const { at, state, outcome, error, changes, why, ...rest } = row;
  const mark = String(state ?? outcome ?? "");
  const said = (name: string, value: unknown) => inWords(part, name, value, format, codes, (status) => t(`status.${status as "new"}`));
  return (
    <li className="grid gap-x-4 gap-y-1 border-b border-line px-5 py-2.5 text-sm last:border-0 sm:grid-cols-[8.5rem_minmax(0,1fr)_auto]">
      <span className="num text-muted">{at ? exact(format, String(at)) : "—"}</span>
      <span className="min-w-0 [overflow-wrap:anywhere]">
        {Object.entries(rest).filter(([, value]) => filled(value)).map(([name, value], place) => (
          <span key={name}>{place > 0 && " · "}<span className="text-muted">{codes("column", name)}:</span> {said(name, value)}</span>
        ))}
        {filled(error) && <span className="block text-bad">{String(error)}</span>}
        {changed(changes).map(([name, before, after]) => <span key={name} className="block text-muted">{codes("column", name)}: {said(name, before)} → {said(name, after)}</span>)}
        {filled(why) && <span className="block text-muted">{String(why)}</span>}
      </span>
      {mark && <span><Badge tone={TONES[mark] ?? "plain"}>{codes("state", mark)}</Badge></span>}
    </li>
  );
}

function filled(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Columns with what they were and what they are. */
function changed(changes: unknown): [string, unknown, unknown][] {
  if (typeof changes !== "object" || changes === null) return [];
  return Object.entries(changes)
    .filter(([name, pair]) => name !== "why" && Array.isArray(pair))
    .map(([name, pair]) => [name, (pair as unknown[])[0], (pair as unknown[])[1]]);
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const STATUSES = ["new", "open", "pending", "other", "closed", "resolved", "cancelled"];

/** A value as people read it: moments in Tashkent's time, short names in words, all else as it stands. */
function inWords(part: Part, name: string, value: unknown, format: Format, codes: Codes, status: (value: string) => string): string {
  if (value === null || value === undefined) return "—";
  if (Array.isArray(value)) return value.map((each) => inWords(part, name, each, format, codes, status)).join(", ");
  if (typeof value === "object") {
    return Object.entries(value).map(([inner, each]) => `${codes("column", inner)} ${inWords(part, inner, each, format, codes, status)}`).join(", ");
  }
  const text = String(value);
  if (MOMENT.test(text)) return exact(format, text);
  if (name === "status" && STATUSES.includes(text)) return status(text);
  if (part === "drift" && name === "kind") return codes("drift", text);
  if (name === "fields") return codes("column", text);
  const sort = SORTS[name as keyof typeof SORTS];
  if (sort) return codes(sort, text);
  return name === "body" || name === "comment" ? text : codes("value", text);
}
