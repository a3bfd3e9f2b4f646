"use client";

import { PlugZap } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { localized } from "@/shared/i18n/link";
import { Button } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/state";
import { GIVEN } from "../api";

/** Why there is no pass: none was given yet, it has ended, or another agent sits here now. */
export type Lack = "new" | "over" | "other";

/** Asks for a pass in a window of our own, where the session is. */
export function Connect({ lack, onPass }: { lack: Lack; onPass: (token: string) => void }) {
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
  return (
    <EmptyState
      icon={<PlugZap className="size-6" />}
      title={t(`lack.${lack}.title`)}
      text={t(`lack.${lack}.text`)}
      action={<Button onClick={open}>{t("connect")}</Button>}
    />
  );
}
