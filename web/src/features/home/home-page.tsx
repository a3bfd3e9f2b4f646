"use client";

import { useInfiniteQuery, type InfiniteData } from "@tanstack/react-query";
import { CalendarClock, Calculator, LifeBuoy, type LucideIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { useLive } from "@/features/live/live";
import { requestKeys, requestsQuery, type Request } from "@/features/requests/api";
import { RequestRows } from "@/features/requests/components/request-rows";
import { useSession } from "@/features/session/api";
import { useMe } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { buttonLook } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Notice, Skeleton } from "@/shared/ui/state";

const GOING = requestsQuery({ status: ["new", "open", "pending", "other"] });
const DONE = requestsQuery({ status: ["closed", "resolved"] });
const FEW = 5;

const rowsOf = (found: InfiniteData<{ consultations: Request[] }>) => found.pages.flatMap((page) => page.consultations);

/** Where a client begins: what goes on, what comes next, and how to ask. */
export function HomePage() {
  const t = useTranslations("home");
  const session = useSession().data;
  const me = useMe().data;
  const going = useInfiniteQuery(GOING);
  const done = useInfiniteQuery(DONE);
  useLive(session?.client_id && `client:${session.client_id}`, requestKeys.all);
  const first = me?.name.split(" ")[0];
  return (
    <>
      <PageHeader title={first ? t("hello_name", { name: first }) : t("hello")} text={t("text")} />
      {me && <Standing organisations={me.organisations} />}
      <div className="mb-6 grid gap-4 md:grid-cols-3">
        <Door href="/new?kind=accounting" icon={Calculator} title={t("ask_accounting")} text={t("ask_accounting_text")} />
        <Door href="/new?kind=support" icon={LifeBuoy} title={t("ask_support")} text={t("ask_support_text")} />
        <Next rows={going.data && rowsOf(going.data)} />
      </div>
      <div className="flex flex-col gap-5">
        <Section title={t("going")} flush actions={<Link href="/requests" className={buttonLook("quiet")}>{t("all")}</Link>}>
          <Loaded query={going}>
            {(found) => {
              const rows = rowsOf(found);
              if (rows.length === 0) return <EmptyState title={t("going_none")} text={t("going_none_text")} />;
              return <div className="border-t border-line"><RequestRows rows={rows.slice(0, 2 * FEW)} /></div>;
            }}
          </Loaded>
        </Section>
        {done.data && rowsOf(done.data).length > 0 && (
          <Section title={t("latest")} flush><div className="border-t border-line"><RequestRows rows={rowsOf(done.data).slice(0, FEW)} /></div></Section>
        )}
      </div>
    </>
  );
}

function Standing({ organisations }: { organisations: { client_id: string | null }[] }) {
  const t = useTranslations("home");
  if (organisations.length === 0) {
    return (
      <div className="mb-6 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-warn-soft px-5 py-4 text-warn">
        {t("no_organisation")}
        <Link href="/organisation" className={buttonLook()}>{t("add_organisation")}</Link>
      </div>
    );
  }
  if (organisations.some((each) => each.client_id)) return null;
  return <div className="mb-6"><Notice tone="warn">{t("unsure")}</Notice></div>;
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

function Next({ rows }: { rows: Request[] | undefined }) {
  const t = useTranslations("home");
  const format = useFormat();
  const now = Date.now();
  const ahead = rows?.filter((row) => row.start_date && new Date(row.start_date).getTime() > now - 3_600_000) ?? [];
  const next = ahead.sort((one, other) => String(one.start_date).localeCompare(String(other.start_date)))[0];
  const body = (
    <>
      <span aria-hidden className="grid size-12 shrink-0 place-items-center rounded-2xl bg-info-soft text-info"><CalendarClock className="size-6" strokeWidth={1.75} /></span>
      <span className="min-w-0">
        <span className="block text-sm text-muted">{t("next")}</span>
        {!rows ? <Skeleton className="mt-1 h-5 w-36" /> : <span className="num block font-semibold">{next?.start_date ? `${format.weekday(next.start_date)}, ${format.time(next.start_date)}` : t("next_none")}</span>}
      </span>
    </>
  );
  const look = "card flex items-center gap-4 p-5";
  return next ? <Link href={`/request?id=${next.cons_id}`} className={`${look} transition-colors hover:border-accent`}>{body}</Link> : <div className={look}>{body}</div>;
}
