"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { Suspense, useEffect } from "react";
import { useLive } from "@/features/live/live";
import { ApiError } from "@/shared/api/client";
import { useMay } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { PageHeader } from "@/shared/ui/page";
import { Loaded, Skeleton } from "@/shared/ui/state";
import { requestKeys, requestQuery, type Request } from "../api";
import { isOpen, kindOf } from "../kinds";
import { useNamed } from "../named";
import { Actions } from "./actions";
import { AskedWords } from "./asked";
import { Chat } from "./chat";
import { Details } from "./details";
import { Elsewhere } from "./elsewhere";
import { StatusBadge } from "./status-badge";

// What is not seen at first is drawn after the words and the talk, not in one long step with them.
const Files = dynamic(() => import("./files").then((found) => found.Files));
const RateCard = dynamic(() => import("./rate-card").then((found) => found.RateCard));
const Timeline = dynamic(() => import("./timeline").then((found) => found.Timeline));

/** One request: where it stands, the talk about it, what happened, and what its owner may do. */
export function RequestPage() {
  return <Suspense><Inner /></Suspense>;
}

function Inner() {
  const t = useTranslations("requests");
  const id = useSearchParams().get("id") ?? "";
  const query = useQuery(requestQuery(id));
  useLive(query.data && `consultation:${query.data.cons_id}`, requestKeys.one(id));
  return (
    <>
      <Link href="/requests" className="-ml-2 inline-flex min-h-11 items-center gap-1.5 rounded-lg px-2 text-sm text-muted hover:text-ink print:hidden">
        <ArrowLeft aria-hidden className="size-4" />
        {t("title")}
      </Link>
      {isUnknown(query.error) ? <Elsewhere id={id} /> : <Loaded query={query} waiting={<Waiting />}>{(request) => <Shown request={request} />}</Loaded>}
    </>
  );
}

const isUnknown = (error: unknown) => error instanceof ApiError && error.code === "consultation.unknown";

function Shown({ request }: { request: Request }) {
  const t = useTranslations("requests");
  const format = useFormat();
  const name = useNamed().name(request);
  const kind = t(`kind.${kindOf(request.consultation_type)}`);
  // Of several requests in several tabs each says which it is.
  useEffect(() => {
    document.title = `${name} · Clobus`;
  }, [name]);
  const may = useMay("consultations:create");
  const done = request.status === "closed" || request.status === "resolved";
  return (
    <>
      <PageHeader
        title={<span className="flex flex-wrap items-center gap-3"><span className="num">{name}</span><StatusBadge status={request.status} /></span>}
        text={[kind, format.moments(request.create_date)].filter((each) => each !== name).join(" · ")}
        actions={may && isOpen(request.status) ? <Actions request={request} /> : undefined}
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-5">
          {may && done && <div className="print:hidden"><RateCard id={request.cons_id} /></div>}
          <AskedWords words={request.comment} />
          <Chat request={request} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Details request={request} />
          <Files id={request.cons_id} />
          <Timeline id={request.cons_id} />
        </div>
      </div>
    </>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-5 pt-2">
      <Skeleton className="h-9 w-64" />
      <Skeleton className="h-40 w-full" />
      <Skeleton className="h-72 w-full" />
    </div>
  );
}
