"use client";

import { useQuery } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { useMay } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import type { Request } from "../api";
import { isOpen, kindOf } from "../kinds";
import { talkQuery, type Talk } from "../talk";
import { Bubble, Going } from "./bubble";
import { Composer } from "./composer";

/** The talk between the client and the manager; the manager sits in Chatwoot. */
export function Chat({ request }: { request: Request }) {
  const t = useTranslations("requests.chat");
  const query = useQuery(talkQuery(request.cons_id));
  const may = useMay("consultations:create");
  return (
    <Section title={t("title")} flush className="flex flex-col">
      <Loaded query={query}>{(talk) => <Messages id={request.cons_id} talk={talk} />}</Loaded>
      {may && isOpen(request.status) ? <Composer id={request.cons_id} /> : <Closed request={request} may={may} />}
    </Section>
  );
}

/** Why nothing can be written here, and what to do instead. */
function Closed({ request, may }: { request: Request; may: boolean }) {
  const t = useTranslations("requests");
  const over = !isOpen(request.status);
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 border-t border-line px-5 py-3 text-sm text-muted print:hidden">
      <p className="py-1">{t(!over ? "chat.only_look" : request.status === "cancelled" ? "chat.over_cancelled" : "chat.over")}</p>
      {over && may && <Link href={`/new?kind=${kindOf(request.consultation_type)}`} className="inline-flex min-h-11 items-center font-medium text-accent-strong hover:underline">{t("new")}</Link>}
    </div>
  );
}

function Messages({ id, talk }: { id: string; talk: Talk }) {
  const { messages: said, sending } = talk;
  const t = useTranslations("requests.chat");
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const last = `${said.at(-1)?.id} ${sending.at(-1)?.key}`;
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [last]);
  if (said.length + sending.length === 0 && !talk.away) {
    return <div className="border-t border-line"><EmptyState icon={<MessagesSquare className="size-6" />} title={t("none")} text={t("none_text")} /></div>;
  }
  return (
    <div ref={box} role="log" aria-label={t("title")} tabIndex={0} className="flex max-h-[32rem] flex-col print:max-h-none print:overflow-visible gap-1.5 overflow-y-auto border-t border-line bg-canvas px-4 py-5 outline-offset-[-3px] sm:px-5">
      {said.map((each, at) => {
        const before = said[at - 1];
        const fresh = !before || format.key(before.at) !== format.key(each.at);
        return (
          <div key={each.id} className="contents">
            {fresh && <p className="my-2 self-center rounded-full bg-sunken px-3 py-0.5 text-sm text-muted">{format.date(each.at)}</p>}
            <Bubble id={id} said={each} named={fresh || before?.side !== each.side} />
          </div>
        );
      })}
      {talk.away && <p role="status" className="my-2 self-center rounded-full bg-warn-soft px-3 py-0.5 text-sm text-warn">{t("away")}</p>}
      {sending.map((each) => <Going key={each.key} going={each} />)}
    </div>
  );
}
