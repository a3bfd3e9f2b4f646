"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Equal } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useCodes } from "@/shared/lib/codes";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { driftQuery, useRepair, type Drift } from "../api";

/** Where the three systems differ, and a button that puts it right. */
export function DriftList() {
  const t = useTranslations("ops");
  const query = useInfiniteQuery(driftQuery);
  return (
    <Section flush title={t("drift.title")} text={t("drift.text")}>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState icon={<Equal className="size-6" />} title={t("drift.none")} text={t("drift.none_text")} />;
          return <Rows rows={rows} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

function Rows({ rows }: { rows: Drift[] }) {
  const t = useTranslations("ops");
  const codes = useCodes();
  const format = useFormat();
  const system = (name: string) => t(`system.${(["onec", "chatwoot", "postgres"] as const).find((each) => each === name) ?? "postgres"}`);
  return (
    <Table
      caption={t("drift.title")}
      rows={rows}
      id={(row) => `${row.kind}/${row.consultation}`}
      columns={[
        { key: "what", title: t("column.what"), lead: true, cell: (row) => (row.request ? <Link href={`/desk/request?id=${row.consultation}`} className="num inline-flex min-h-11 items-center hover:text-accent-strong">{row.number ? t("number", { number: row.number }) : row.consultation}</Link> : <span className="break-all">{row.consultation}</span>) },
        { key: "kind", title: t("column.kind"), cell: (row) => <span title={row.kind}>{codes("drift", row.kind)}</span> },
        { key: "where", title: t("column.systems"), cell: (row) => <span className="flex flex-wrap gap-1.5">{row.systems.map((each) => <Badge key={each}>{system(each)}</Badge>)}</span> },
        { key: "fields", title: t("column.fields"), cell: (row) => <span className="text-sm break-words">{fields(row, codes)}</span> },
        { key: "since", title: t("column.since"), cell: (row) => <span className="num whitespace-nowrap">{format.moments(row.since)}</span> },
        { key: "act", title: t("column.act"), cell: (row) => <Repair row={row} /> },
      ]}
    />
  );
}

function fields(row: Drift, codes: ReturnType<typeof useCodes>): string {
  const named = row.detail.fields;
  return Array.isArray(named) ? named.map((each) => codes("column", String(each))).join(", ") : "—";
}

function Repair({ row }: { row: Drift }) {
  const t = useTranslations("ops");
  const say = useToast();
  const act = useRepair();
  const role = useRole();
  if (role === "auditor") return <>—</>;
  return (
    <Button look="secondary" busy={act.isPending} onClick={() => act.mutate({ consultation: row.consultation, kind: row.kind }, { onSuccess: (done) => say.done(t(`drift.state.${done.state}`)), onError: say.failed })}>
      {t("drift.repair")}
    </Button>
  );
}
