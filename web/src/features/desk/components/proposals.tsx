"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { proposalsQuery, useDecide, type Proposal } from "../api";

/** Whose requests others could take, because a queue is closed on their day. */
export function Proposals() {
  const t = useTranslations("desk");
  const query = useQuery(proposalsQuery);
  return (
    <Section flush>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? <EmptyState title={t("proposals.none")} text={t("proposals.none_text")} /> : <ul>{items.map((each) => <Line key={each.id} proposal={each} />)}</ul>
        }
      </Loaded>
    </Section>
  );
}

function Line({ proposal }: { proposal: Proposal }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const say = useToast();
  const decide = useDecide();
  const role = useRole();
  const act = (take: boolean) => decide.mutate({ number: proposal.id, take }, { onSuccess: () => say.done(t(take ? "proposals.accepted" : "proposals.declined")), onError: say.failed });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-b border-line px-5 py-3 last:border-0">
      <div className="min-w-0">
        <Link href={`/desk/request?id=${proposal.cons_id}`} className="inline-flex min-h-11 items-center font-medium hover:text-accent-strong">
          {proposal.number ? t("number", { number: proposal.number }) : t("no_number")} · {format.weekday(`${proposal.day}T12:00:00+05:00`)}
        </Link>
        <p className="flex flex-wrap items-center gap-2">{proposal.from_name ?? "—"} <ArrowRight aria-label={t("proposals.to")} className="size-4 text-muted" /> <strong className="font-semibold">{proposal.to_name ?? "—"}</strong></p>
        <p className="text-sm text-muted">{proposal.text}</p>
      </div>
      {role !== "auditor" && (
        <div className="flex gap-2">
          <Button busy={decide.isPending} onClick={() => act(true)}>{t("proposals.accept")}</Button>
          <Button look="secondary" disabled={decide.isPending} onClick={() => act(false)}>{t("proposals.decline")}</Button>
        </div>
      )}
    </li>
  );
}
