"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Pencil, Plus, Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue, useState } from "react";
import { useRole } from "@/features/session/api";
import { useInAddress } from "@/shared/lib/address";
import { Badge } from "@/shared/ui/badge";
import { Button, IconButton } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { wordsQuery, type Word, type WordKind } from "../api";
import { Editor } from "./editor";

/** Articles or typical questions: read by all of the desk, changed by the head. */
export function Words({ kind }: { kind: WordKind }) {
  const t = useTranslations("words");
  const [typed, setTyped] = useInAddress("q");
  const [edited, setEdited] = useState<Word | null | undefined>(undefined);
  const role = useRole();
  const may = role === "head" || role === "administrator";
  const words = useDeferredValue(typed.trim());
  const query = useInfiniteQuery(wordsQuery(kind, words.length > 1 ? words : undefined));
  const now = query.data?.pages.flatMap((page) => page.items).find((each) => each.ref_key === edited?.ref_key);
  return (
    <Section flush>
      <div className="flex flex-wrap items-end gap-4 border-b border-line p-5">
        <div className="min-w-60 flex-1"><Input type="search" label={t("search")} placeholder={t("search_hint")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} /></div>
        {may && kind === "articles" && <Button onClick={() => setEdited(null)}><Plus aria-hidden className="size-4" />{t("articles.write")}</Button>}
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState icon={<Search className="size-6" />} title={t("none_fit")} text={t("none_fit_text")} />;
          return <ul>{rows.map((row) => <Line key={row.ref_key} word={row} onEdit={may ? () => setEdited(row) : undefined} />)}</ul>;
        }}
      </Loaded>
      <More query={query} />
      {edited !== undefined && <Editor kind={kind} word={edited} now={now} onClose={() => setEdited(undefined)} />}
    </Section>
  );
}

function Line({ word, onEdit }: { word: Word; onEdit?: () => void }) {
  const t = useTranslations("words");
  const tags = [word.po_type, word.po_section, word.category].filter(Boolean);
  return (
    <li className="flex items-start gap-2 border-b border-line px-5 py-2 last:border-0">
      <details className="min-w-0 flex-1">
        <summary className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 py-1.5">
          <span className="font-medium">{word.description}</span>
          {word.language && <Badge>{t(`language.${word.language as "uz" | "ru"}`)}</Badge>}
          {tags.map((each) => <span key={each} className="text-sm text-muted">{each}</span>)}
        </summary>
        <div className="max-w-3xl pb-3 text-[0.95rem]">
          {word.question && <p className="whitespace-pre-line text-muted">{word.question}</p>}
          {(word.answer ?? word.useful_info) && <p className="mt-2 whitespace-pre-line">{word.answer ?? word.useful_info}</p>}
        </div>
      </details>
      {onEdit && <IconButton label={t("edit", { name: word.description })} onClick={onEdit}><Pencil aria-hidden className="size-4" /></IconButton>}
    </li>
  );
}
