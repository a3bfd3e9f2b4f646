"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { useInAddress } from "@/shared/lib/address";
import { useCodes } from "@/shared/lib/codes";
import { useFormat } from "@/shared/lib/format";
import { Badge, type Tone } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { TOLD_STATES, toldQuery, useToldAgain, type Told, type ToldState } from "../api";

const TONES: Record<string, Tone> = { failed: "bad", unknown: "warn", refused: "warn", sent: "good", expired: "plain" };
const CHANNELS = ["chatwoot", "telegram", "email", "live"] as const;
const RECIPIENTS = ["conversation", "client", "telegram"] as const;

/** Messages to people, the newest first: what each said, what became of it in each channel, and another try. */
export function ToldList() {
  const t = useTranslations("ops");
  const [state, setState] = useInAddress("state", "", TOLD_STATES);
  const query = useInfiniteQuery(toldQuery((state || undefined) as ToldState | undefined));
  return (
    <Section flush title={t("told.title")} text={t("told.text")}>
      <div className="border-b border-line p-5">
        <Select className="sm:max-w-xs" label={t("column.state")} empty={t("told.any")} options={TOLD_STATES.map((value) => ({ value, label: t(`told.state.${value}`) }))} value={state} onChange={(event) => setState(event.target.value)} />
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState icon={<MailCheck className="size-6" />} title={t("told.none")} />;
          return <ul>{rows.map((row) => <Line key={row.id} row={row} />)}</ul>;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

function Line({ row }: { row: Told }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const role = useRole();
  const say = useToast();
  const again = useToldAgain();
  const codes = useCodes();
  const named = TOLD_STATES.find((each) => each === row.state);
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 border-b border-line px-5 py-3 last:border-0">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={TONES[row.state] ?? "info"}>{named ? t(`told.state.${named}`) : row.state}</Badge>
          <span className="font-medium" title={row.type}>{codes("type", row.type)}</span>
          <span className="num text-sm text-muted">{[row.number ?? row.cons_id, recipient(row, t), row.language && t(`language.${row.language as "uz" | "ru" | "en"}`)].filter(Boolean).join(" · ")}</span>
        </p>
        <p className="num mt-1 text-sm text-muted">{format.moments(row.sent_at ?? row.created_at)}</p>
        {row.tried?.map((each) => (
          <p key={each.channel} className="text-sm break-words text-muted">
            {channel(each.channel, t)}: {fate(each.state, t)}{each.times > 1 && ` ×${each.times}`}{each.error && <span className="text-bad"> — {each.error}</span>}
          </p>
        ))}
        {row.body && (
          <details className="mt-1">
            <summary className="min-h-11 cursor-pointer py-2.5 text-sm">{t("told.body")}</summary>
            <p className="text-[0.95rem] break-words whitespace-pre-wrap">{row.body}</p>
          </details>
        )}
      </div>
      {role !== "auditor" && (row.state === "failed" || row.state === "refused") && (
        <Button look="secondary" busy={again.isPending} onClick={() => again.mutate(row.id, { onSuccess: () => say.done(t("told.queued")), onError: say.failed })}>{t("letters.retry")}</Button>
      )}
    </li>
  );
}

type Texts = ReturnType<typeof useTranslations<"ops">>;

function recipient(row: Told, t: Texts): string {
  if (row.audience === "manager" && row.recipient === "conversation") return t("told.recipient.note");
  const known = RECIPIENTS.find((each) => each === row.recipient?.split(":")[0]);
  return known ? t(`told.recipient.${known}`) : "";
}

function channel(name: string, t: Texts): string {
  const known = CHANNELS.find((each) => each === name);
  return known ? t(`told.channel.${known}`) : name;
}

function fate(state: string, t: Texts): string {
  if (state === "refused") return t("told.not_taken");
  if (state === "later") return t("told.later");
  const known = TOLD_STATES.find((each) => each === state);
  return known ? t(`told.state.${known}`) : state;
}
