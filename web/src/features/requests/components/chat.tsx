"use client";

import { useQuery } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { useMay } from "@/features/session/me";
import { useFormat } from "@/shared/lib/format";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import type { Request } from "../api";
import { isOpen } from "../kinds";
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
      {may && isOpen(request.status) ? <Composer id={request.cons_id} /> : <p className="border-t border-line px-5 py-4 text-sm text-muted">{t(isOpen(request.status) ? "only_look" : "over")}</p>}
    </Section>
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
    <div ref={box} role="log" aria-label={t("title")} tabIndex={0} className="flex max-h-[32rem] flex-col gap-1.5 overflow-y-auto border-t border-line bg-canvas px-4 py-5 outline-offset-[-3px] sm:px-5">
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
