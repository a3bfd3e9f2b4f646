"use client";

import { useQuery } from "@tanstack/react-query";
import { Monitor, Send, Smartphone } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { sessionsQuery, useEndSession } from "../api";

const ICONS = { phone: Smartphone, telegram: Send, browser: Monitor, other: Monitor };

/** Where the person is signed in. */
export function SessionsTab() {
  const t = useTranslations("settings.sessions");
  const format = useFormat();
  const query = useQuery(sessionsQuery);
  const end = useEndSession();
  const say = useToast();
  return (
    <Section title={t("title")} text={t("text")} flush>
      <Loaded query={query}>
        {(all) => (
          <ul className="border-t border-line">
            {all.map((each) => {
              const kind = (each.agent && each.agent in ICONS ? each.agent : "other") as keyof typeof ICONS;
              const Icon = ICONS[kind];
              return (
                <li key={each.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-5 py-3.5 last:border-0">
                  <Icon aria-hidden className="size-5.5 shrink-0 text-muted" strokeWidth={1.75} />
                  <span className="min-w-0 flex-1">
                    <span className="flex flex-wrap items-center gap-2 font-medium">
                      {t(`agent.${kind}`)}
                      {each.current && <Badge tone="accent">{t("current")}</Badge>}
                    </span>
                    <span className="num block text-sm text-muted">{t("seen", { when: format.moments(each.seen_at) })}{each.address ? ` · ${each.address}` : ""}</span>
                  </span>
                  {!each.current && <Button look="secondary" busy={end.isPending && end.variables === each.id} onClick={() => end.mutate(each.id, { onSuccess: () => say.done(t("ended")), onError: say.failed })}>{t("end")}</Button>}
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}
