"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { buttonLook } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Notice } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { decidedQuery, grouped, pairsQuery, useTakeBack, type Decided } from "../api";
import { Proposal } from "./proposal";

/** Organisations of which nobody is sure which client they are; and what was decided. */
export function MergesPage() {
  const t = useTranslations("merges");
  const role = useRole();
  const pairs = useQuery(pairsQuery);
  const decides = role === "head" || role === "administrator";
  const doubles = <Link href="/desk/clients" className={buttonLook("secondary")}>{t("doubles")}</Link>;
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} actions={doubles} />
      {role && !decides && <div className="mb-5"><Notice>{t("only_heads")}</Notice></div>}
      <div className="flex flex-col gap-5">
        <Loaded query={pairs}>
          {(rows) =>
            rows.length === 0
              ? <Section><EmptyState icon={<CircleCheck className="size-6" />} title={t("none")} text={t("none_text")} /></Section>
              : grouped(rows).map((group) => <Proposal key={group[0]!.organisation_id} group={group} decides={decides} />)
          }
        </Loaded>
        <Decisions decides={decides} />
      </div>
    </>
  );
}

function Decisions({ decides }: { decides: boolean }) {
  const t = useTranslations("merges");
  const format = useFormat();
  const query = useQuery(decidedQuery);
  if (query.data?.length === 0) return null;
  return (
    <Section flush title={t("decided")} text={t("decided_text")}>
      <Loaded query={query}>
        {(rows) => (
          <Table<Decided>
            caption={t("decided")}
            rows={rows}
            id={(row) => `${row.organisation_id}-${row.client_id}`}
            columns={[
              { key: "organisation", title: t("organisation"), lead: true, cell: (row) => <>{row.name} <span className="num block text-sm font-normal text-muted">{row.inn}</span></> },
              { key: "client", title: t("client"), cell: (row) => <Link href={`/desk/client?id=${row.client_id}`} className="inline-flex min-h-11 items-center hover:text-accent-strong">{row.client_name ?? row.client_code ?? "—"}</Link> },
              { key: "same", title: t("decision"), cell: (row) => <Badge tone={row.same ? "good" : "plain"} dot>{t(row.same ? "was_same" : "was_other")}</Badge> },
              { key: "by", title: t("by"), cell: (row) => <>{row.decided_by ?? "—"} <span className="num block text-sm text-muted">{format.moments(row.decided_at)}</span></> },
              ...(decides ? [{ key: "back", title: "", cell: (row: Decided) => <TakeBack row={row} /> }] : []),
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}

function TakeBack({ row }: { row: Decided }) {
  const t = useTranslations("merges");
  const back = useTakeBack();
  const say = useToast();
  async function act() {
    try {
      await back.mutateAsync(row);
      say.done(t("back_done"));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return <ConfirmButton label={t("back")} title={t("back_title")} text={t(row.same ? "back_text_same" : "back_text")} act={act} />;
}
