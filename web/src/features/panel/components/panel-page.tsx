"use client";

import { useQuery } from "@tanstack/react-query";
import { MessagesSquare, PlugZap } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { localized } from "@/shared/i18n/link";
import { Button } from "@/shared/ui/button";
import { EmptyState, ErrorState, SkeletonList } from "@/shared/ui/state";
import { ASK, GIVEN, conversationOf, panelQuery } from "../api";
import { PanelBody } from "./panel-body";

const KEPT = "clobus.dashboard-pass";

/** The app in Chatwoot's side panel: it is told what to show by Chatwoot, and who looks by a window of our own. */
export function PanelPage() {
  const t = useTranslations("panel");
  const conversation = useConversation();
  const [pass, setPass] = usePass();
  const query = useQuery(panelQuery(conversation, pass, setPass));
  const over = query.error instanceof ApiError && query.error.status === 401;
  useEffect(() => {
    if (over) setPass(null);
  }, [over, setPass]);
  if (pass === null) return <Connect onPass={setPass} />;
  if (conversation === null) return <EmptyState icon={<MessagesSquare className="size-6" />} title={t("waiting")} text={t("waiting_text")} />;
  if (query.data) return <PanelBody panel={query.data} />;
  if (query.error instanceof ApiError && query.error.status === 404) return <EmptyState title={t("unknown")} text={t("unknown_text")} />;
  if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <SkeletonList />;
}

/** Beside which conversation we stand: only the page that framed us is listened to. */
function useConversation(): number | null {
  const [conversation, setConversation] = useState<number | null>(null);
  useEffect(() => {
    const hear = (event: MessageEvent) => {
      const id = event.source === window.parent ? conversationOf(event.data) : null;
      if (id !== null) setConversation(id);
    };
    window.addEventListener("message", hear);
    // It holds nothing; who may frame this page at all, its policy says.
    window.parent.postMessage(ASK, "*");
    return () => window.removeEventListener("message", hear);
  }, []);
  return conversation;
}

/** The pass, kept as long as the tab. */
function usePass(): [string | null, (pass: string | null) => void] {
  const [pass, setPass] = useState<string | null>(null);
  useEffect(() => setPass(window.sessionStorage.getItem(KEPT)), []);
  const keep = useCallback((given: string | null) => {
    if (given) window.sessionStorage.setItem(KEPT, given);
    else window.sessionStorage.removeItem(KEPT);
    setPass(given);
  }, []);
  return [pass, keep];
}

function Connect({ onPass }: { onPass: (pass: string) => void }) {
  const t = useTranslations("panel");
  const locale = useLocale();
  const opened = useRef<Window | null>(null);
  useEffect(() => {
    const hear = (event: MessageEvent) => {
      if (event.origin !== window.location.origin || event.source !== opened.current) return;
      const said = event.data as { kind?: unknown; token?: unknown } | null;
      if (said?.kind === GIVEN && typeof said.token === "string") onPass(said.token);
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, [onPass]);
  const open = () => {
    opened.current = window.open(localized(locale, "/desk/panel"), "clobus-panel", "popup,width=520,height=640");
  };
  return <EmptyState icon={<PlugZap className="size-6" />} title={t("connect_title")} text={t("connect_text")} action={<Button onClick={open}>{t("connect")}</Button>} />;
}
