"use client";

import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { Badge, type Tone } from "@/shared/ui/badge";
import { Section } from "@/shared/ui/page";
import type { Story } from "../api";

type Row = Record<string, unknown>;
const PARTS = ["dead_letters", "drift", "pushes", "messages", "webhooks", "moves", "calls", "ratings", "files", "runs", "events"] as const;
const TONES: Record<string, Tone> = {
  sent: "good", handled: "good", ok: "good", dead: "bad", failed: "bad", lost: "bad", unknown: "warn", refused: "warn", pending: "info", queued: "info", new: "info", partial: "warn",
};

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
            {[...story[part]].reverse().map((row, at) => <Line key={at} row={row} />)}
          </ul>
        </Section>
      ))}
    </div>
  );
}

function Line({ row }: { row: Row }) {
  const format = useFormat();
  const { at, state, outcome, error, changes, ...rest } = row;
  const mark = String(state ?? outcome ?? "");
  const said = Object.entries(rest).filter(([, value]) => plain(value)).map(([name, value]) => `${name} ${String(value)}`);
  return (
    <li className="grid gap-x-4 gap-y-1 border-b border-line px-5 py-2.5 text-sm last:border-0 sm:grid-cols-[8.5rem_minmax(0,1fr)_auto]">
      <span className="num text-muted">{at ? `${format.day(String(at))}, ${format.time(String(at))}` : "—"}</span>
      <span className="min-w-0 break-words">
        {said.join(" · ")}
        {plain(error) && <span className="block text-bad">{String(error)}</span>}
        {changed(changes).map((text) => <span key={text} className="block break-all text-muted">{text}</span>)}
      </span>
      {mark && <span><Badge tone={TONES[mark] ?? "plain"}>{mark}</Badge></span>}
    </li>
  );
}

function plain(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && typeof value !== "object";
}

/** Columns with what they were and what they are. */
function changed(changes: unknown): string[] {
  if (typeof changes !== "object" || changes === null) return [];
  return Object.entries(changes)
    .filter(([name, pair]) => name !== "why" && Array.isArray(pair))
    .map(([name, pair]) => `${name}: ${short((pair as unknown[])[0])} → ${short((pair as unknown[])[1])}`);
}

function short(value: unknown): string {
  if (value === null || value === undefined) return "—";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
