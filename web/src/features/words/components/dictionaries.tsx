"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Section } from "@/shared/ui/page";
import { Loaded, Notice } from "@/shared/ui/state";
import { dictionariesQuery } from "../api";

type Item = { key: string; name: string; note?: string };

/** What 1C alone keeps: shown here, changed there. */
export function Dictionaries() {
  const t = useTranslations("words");
  const query = useQuery(dictionariesQuery);
  return (
    <div className="flex flex-col gap-5">
      <Notice>{t("dictionaries.text")}</Notice>
      <Loaded query={query}>
        {({ types, sections, categories, hindrances }) => {
          const of = new Map(types.map((each) => [each.ref_key, each.description]));
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
              <List title={t("dictionaries.types")} items={types.map((each) => ({ key: each.ref_key, name: each.description }))} />
              <List title={t("dictionaries.sections")} items={sections.map((each) => ({ key: each.ref_key, name: each.description, note: of.get(each.owner_key ?? "") }))} />
              <List title={t("dictionaries.categories")} items={categories.map((each) => ({ key: each.ref_key, name: each.description, note: t(`language.${each.language as "uz" | "ru"}`) }))} />
              <List title={t("dictionaries.hindrances")} items={hindrances.map((each) => ({ key: each.ref_key, name: each.description }))} />
            </div>
          );
        }}
      </Loaded>
    </div>
  );
}

function List({ title, items }: { title: string; items: Item[] }) {
  return (
    <Section flush title={<>{title} <span className="num text-base font-normal text-muted">{items.length}</span></>}>
      <ul tabIndex={0} aria-label={title} className="max-h-96 overflow-y-auto border-t border-line">
        {items.map((each) => (
          <li key={each.key} className="flex min-h-11 items-center justify-between gap-x-3 border-b border-line px-5 py-1.5 text-[0.95rem] last:border-0 max-sm:flex-col max-sm:items-start max-sm:justify-center">
            <span className="min-w-0 break-words">{each.name}</span>
            {each.note && <span className="text-sm text-muted sm:max-w-[55%] sm:text-right">{each.note}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
