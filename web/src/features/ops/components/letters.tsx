"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue, useState } from "react";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { lettersQuery, type Letter, type LetterKind } from "../api";
import { LetterWindow } from "./letter-window";

const KINDS = ["outbox", "record", "webhook", "notification", "letter"] as const;

/** What could not be done: why, what it holds, and another try. */
export function Letters({ counts }: { counts: Record<string, number> }) {
  const t = useTranslations("ops");
  const [kind, setKind] = useInAddress("kind", "", KINDS);
  const [typed, setTyped] = useInAddress("q");
  const [open, setOpen] = useState<Letter | null>(null);
  const words = useDeferredValue(typed.trim());
  const query = useInfiniteQuery(lettersQuery((kind || undefined) as LetterKind | undefined, words || undefined));
  return (
    <Section flush>
      <div className="grid gap-4 border-b border-line p-5 sm:grid-cols-[1fr_16rem]">
        <Input type="search" label={t("letters.search")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} />
        <Select label={t("column.kind")} empty={t("letters.any")} options={KINDS.map((value) => ({ value, label: `${t(`letters.kind.${value}`)} (${counts[value] ?? 0})` }))} value={kind} onChange={(event) => setKind(event.target.value)} />
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState icon={<MailCheck className="size-6" />} title={t("letters.none")} text={t("letters.none_text")} />;
          return <ul>{rows.map((row) => <Line key={`${row.kind}/${row.id}`} letter={row} onOpen={() => setOpen(row)} />)}</ul>;
        }}
      </Loaded>
      <More query={query} />
      {open && <LetterWindow letter={open} onClose={() => setOpen(null)} />}
    </Section>
  );
}

function Line({ letter, onOpen }: { letter: Letter; onOpen: () => void }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const kind = KINDS.find((each) => each === letter.kind) ?? "record";
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-b border-line px-5 py-3 last:border-0">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2"><Badge tone="info">{t(`letters.kind.${kind}`)}</Badge><code className="font-mono text-sm break-all">{letter.id}</code></p>
        <p className="mt-1 line-clamp-2 break-words text-bad">{letter.error ?? letter.error_class}</p>
        <p className="num text-sm text-muted">{t("letters.tries", { count: letter.attempts })} · {format.moments(letter.last_at)}</p>
      </div>
      <Button look="secondary" onClick={onOpen}>{t("letters.open")}</Button>
    </li>
  );
}
