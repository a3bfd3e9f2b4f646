"use client";

import { useQuery } from "@tanstack/react-query";
import { CalendarClock, Calculator, LifeBuoy, type LucideIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { useLive } from "@/features/live/live";
import { requestKeys, type Request } from "@/features/requests/api";
import { RequestRows } from "@/features/requests/components/request-rows";
import { useSession } from "@/features/session/api";
import { useMay, useMe } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Notice, Skeleton } from "@/shared/ui/state";
import { homeQuery, type Home } from "./api";
import { Messages } from "./messages";
import { Unrated } from "./unrated";

/** Where a client begins: what waits for his word, what goes on, what comes next, and how to ask. */
export function HomePage() {
  const t = useTranslations("home");
  const session = useSession().data;
  const me = useMe().data;
  const home = useQuery(homeQuery);
  const may = useMay("consultations:create");
  useLive(session?.client_id && `client:${session.client_id}`, requestKeys.all);
  const first = me?.name.split(" ")[0];
  return (
    <>
      <PageHeader title={first ? t("hello_name", { name: first }) : t("hello")} text={t("text")} />
      {me && session && !session.client_id && <div className="mb-6"><Notice tone="warn">{t("unsure")}</Notice></div>}
      <div className="mb-6 grid gap-4 md:grid-cols-3">
        {may && <Door href="/new?kind=accounting" icon={Calculator} title={t("ask_accounting")} text={t("ask_accounting_text")} />}
        {may && <Door href="/new?kind=support" icon={LifeBuoy} title={t("ask_support")} text={t("ask_support_text")} />}
        <Next waiting={home.isPending} row={home.data?.next ?? null} />
      </div>
      <Loaded query={home}>{(found) => <Parts home={found} />}</Loaded>
    </>
  );
}

function Parts({ home }: { home: Home }) {
  const t = useTranslations("home");
  const all = <Link href="/requests" className="-mr-2 inline-flex min-h-11 items-center rounded-lg px-2 text-sm font-medium text-accent-strong hover:underline">{t("all")}</Link>;
  return (
    <div className="flex flex-col gap-5">
      {home.unrated[0] && <Unrated key={home.unrated[0].cons_id} row={home.unrated[0]} count={home.counts.unrated} />}
      <Section flush actions={all} title={<>{t("going")} {home.counts.going > 0 && <Badge tone="info">{home.counts.going}</Badge>}</>}>
        {home.going.length === 0
          ? <EmptyState title={t("going_none")} text={t("going_none_text")} />
          : <div className="border-t border-line"><RequestRows rows={home.going} /></div>}
      </Section>
      {home.messages.length > 0 && <Section title={t("messages")} flush><Messages rows={home.messages} /></Section>}
      {home.latest.length > 0 && (
        <Section flush title={<>{t("latest")} <Badge>{home.counts.done}</Badge></>}><div className="border-t border-line"><RequestRows rows={home.latest} /></div></Section>
      )}
    </div>
  );
}

function Door({ href, icon: Icon, title, text }: { href: string; icon: LucideIcon; title: string; text: string }) {
  return (
    <Link href={href} className="card group flex items-center gap-4 p-5 transition-colors hover:border-accent">
      <span aria-hidden className="grid size-12 shrink-0 place-items-center rounded-2xl bg-accent-soft text-accent-strong transition-colors group-hover:bg-accent group-hover:text-on-accent">
        <Icon className="size-6" strokeWidth={1.75} />
      </span>
      <span className="min-w-0">
        <span className="block font-semibold">{title}</span>
        <span className="block text-sm text-muted">{text}</span>
      </span>
    </Link>
  );
}

function Next({ waiting, row }: { waiting: boolean; row: Request | null }) {
  const t = useTranslations("home");
  const format = useFormat();
  const body = (
    <>
      <span aria-hidden className="grid size-12 shrink-0 place-items-center rounded-2xl bg-info-soft text-info"><CalendarClock className="size-6" strokeWidth={1.75} /></span>
      <span className="min-w-0">
        <span className="block text-sm text-muted">{t("next")}</span>
        {waiting ? <Skeleton className="mt-1 h-5 w-36" /> : <span className="num block font-semibold">{row?.start_date ? `${format.weekday(row.start_date)}, ${format.time(row.start_date)}` : t("next_none")}</span>}
      </span>
    </>
  );
  const look = "card flex items-center gap-4 p-5";
  return row ? <Link href={`/request?id=${row.cons_id}`} className={`${look} transition-colors hover:border-accent`}>{body}</Link> : <div className={look}>{body}</div>;
}
