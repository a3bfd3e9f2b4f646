"use client";

import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import type { Card, Manager } from "./api";

/** What speaks against giving a request to a manager, in words; whoever hands over may do it nevertheless. */
export function useAgainst(request: Card): (manager: Manager) => string[] {
  const t = useTranslations("desk");
  const format = useFormat();
  const today = format.key(new Date());
  // The day of a request: of its planned moment, today when it has none or that has passed.
  const planned = request.start_date ? format.key(request.start_date) : today;
  const day = planned > today ? planned : today;
  const { kind, category, lang } = request;
  return (manager) => {
    const found: string[] = [];
    if (manager.closed.includes(day)) found.push(day === today ? t("managers.closed_today") : t("hand_over.closed_on", { day: format.day(`${day}T12:00:00+05:00`) }));
    if (kind === "support" && manager.agent_id === null) found.push(t("managers.no_agent"));
    if (category && !manager.skills.includes(category)) found.push(t("hand_over.unskilled"));
    if ((lang === "uz" || lang === "ru") && !manager[lang]) found.push(t("hand_over.speaks_not", { language: t(`language.${lang}`) }));
    if ((manager.load_percent ?? 0) >= 100) found.push(t("hand_over.full"));
    return found;
  };
}
