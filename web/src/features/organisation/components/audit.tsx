"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTyped } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { useActWords } from "../acts";
import { auditQuery, type Act } from "../api";

/** What was done in the organisation, by whom and from where. */
export function Audit({ organisation }: { organisation: string }) {
  const t = useTranslations("organisation.audit");
  const format = useFormat();
  const { typed, setTyped, words: text } = useTyped();
  const query = useInfiniteQuery(auditQuery(organisation, text));
  const words = useActWords();
  const columns: Column<Act>[] = [
    { key: "what", title: t("what"), lead: true, cell: (row) => words(row) },
    { key: "who", title: t("who"), cell: (row) => row.person_name ?? row.actor },
    { key: "when", title: t("when"), cell: (row) => <span className="num">{format.moments(row.at)}</span> },
    { key: "where", title: t("where"), cell: (row) => <span className="num">{row.address ?? "—"}</span> },
  ];
  return (
    <Section title={t("title")} text={t("text")} flush>
      <div className="max-w-md px-5 pb-4"><Input type="search" label={t("search")} maxLength={100} value={typed} onChange={(event) => setTyped(event.target.value)} /></div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? <EmptyState icon={<ScrollText className="size-6" />} title={t("none")} /> : <Table caption={t("title")} columns={columns} rows={rows} id={(row) => String(row.id)} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}
