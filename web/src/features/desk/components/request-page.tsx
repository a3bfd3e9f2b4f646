"use client";

import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { useLive } from "@/features/live/live";
import { useRole } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Facts, PageHeader, Section } from "@/shared/ui/page";
import { Loaded, Notice, SkeletonList } from "@/shared/ui/state";
import { Tabs } from "@/shared/ui/tabs";
import { useToast } from "@/shared/ui/toast";
import { deskKeys, storyQuery, useLookAgain, type Story } from "../api";
import { Cards } from "./cards";
import { HandOver } from "./hand-over";
import { Planned, Status } from "./marks";
import { Machinery } from "./request-machinery";
import { SideBySide } from "./request-systems";
import { Timeline } from "./request-timeline";

/** One request with everything about it. */
export function RequestPage() {
  return <Suspense fallback={<SkeletonList />}><Asked /></Suspense>;
}

function Asked() {
  const id = useSearchParams().get("id") ?? "";
  const query = useQuery(storyQuery(id));
  useLive(id ? `consultation:${id}` : null, deskKeys.request(id));
  return <Loaded query={query} waiting={<SkeletonList rows={8} />}>{(story) => <Whole story={story} />}</Loaded>;
}

function Whole({ story }: { story: Story }) {
  const t = useTranslations("desk");
  const [tab, setTab] = useInAddress("tab", "happened");
  const { request } = story;
  const name = request.number ? t("number", { number: request.number }) : t("no_number");
  return (
    <>
      <PageHeader
        above={<span className="num inline-flex flex-wrap items-center gap-2">{name} · {t(`kind.${request.kind}`)} <Status status={request.status} /></span>}
        title={request.company_name ?? t("nobody_known")}
        text={<span className="line-clamp-4 whitespace-pre-line">{request.comment ?? t("no_text")}</span>}
        actions={<Acts story={story} />}
      />
      {story.drift.length > 0 && <div className="mb-5"><Notice tone="warn">{t("request.drift", { count: story.drift.length })}</Notice></div>}
      {story.dead_letters.length > 0 && <div className="mb-5"><Notice tone="bad">{t("request.letters", { count: story.dead_letters.length })}</Notice></div>}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0">
          <Tabs
            label={t("request.parts")}
            value={tab}
            onChange={setTab}
            tabs={[
              { value: "happened", label: t("request.happened"), content: <Timeline id={request.cons_id} /> },
              { value: "systems", label: t("request.systems"), content: <SideBySide now={story.now} /> },
              { value: "machinery", label: t("request.machinery"), content: <Machinery story={story} /> },
              { value: "history", label: t("request.history", { count: story.history.length }), content: <History story={story} /> },
            ]}
          />
        </div>
        <About story={story} />
      </div>
    </>
  );
}

function Acts({ story }: { story: Story }) {
  const t = useTranslations("desk");
  const say = useToast();
  const again = useLookAgain(story.request.cons_id);
  const role = useRole();
  if (role === "auditor") return null;
  const ended = ["closed", "resolved", "cancelled"].includes(story.request.status);
  return (
    <>
      <Button look="secondary" busy={again.isPending} onClick={() => again.mutate(undefined, { onSuccess: () => say.done(t("request.looked")), onError: say.failed })}>
        <RefreshCw aria-hidden className="size-4" />{t("request.look_again")}
      </Button>
      {!ended && <HandOver request={story.request} />}
    </>
  );
}

function About({ story }: { story: Story }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const { request } = story;
  const importance = request.importance;
  return (
    <Section title={t("request.about")}>
      <Facts
        items={[
          { name: t("column.manager"), value: request.manager_name ?? <span className="text-warn">{t("no_manager")}</span> },
          { name: t("column.planned"), value: <Planned at={request.start_date} overdue={request.overdue} /> },
          { name: t("request.made"), value: <span className="num">{format.moments(request.create_date)}</span> },
          { name: t("request.category"), value: request.category ?? "—" },
          { name: t("request.language"), value: request.lang ? t(`language.${request.lang as "uz" | "ru" | "en"}`) : "—" },
          { name: t("request.importance"), value: importance ? t(`importance.${importance as 1 | 2 | 3}`) : "—" },
          { name: t("request.conversation"), value: <span className="num">{request.conversation_id ?? "—"}</span> },
          { name: t("column.company"), value: request.client_id ? <Link className="inline-flex min-h-11 items-center text-accent-strong underline" href={`/desk/client?id=${request.client_id}`}>{t("request.open_company")}</Link> : "—" },
        ]}
      />
    </Section>
  );
}

function History({ story }: { story: Story }) {
  const t = useTranslations("desk");
  if (story.history.length === 0) return <p className="py-6 text-muted">{t("request.no_history")}</p>;
  return <Section flush><Cards rows={story.history} caption={t("request.history", { count: story.history.length })} company={false} /></Section>;
}
