"use client";

import { UserRound } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { Section } from "@/shared/ui/page";
import type { Request } from "../api";
import { useNamed } from "../named";

/** Who answers, and when. */
export function Details({ request }: { request: Request }) {
  const t = useTranslations("requests");
  const named = useNamed();
  const format = useFormat();
  const dates = [
    { name: t("planned"), at: request.start_date },
    { name: t("finished"), at: request.end_date },
  ].filter((each) => each.at);
  return (
    <Section>
      <div className="flex items-center gap-3">
        <span aria-hidden className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-strong"><UserRound className="size-5" /></span>
        <div className="min-w-0">
          <p className="text-sm text-muted">{t("manager")}</p>
          <p className="truncate font-medium">{named.manager(request)}</p>
        </div>
      </div>
      {dates.length > 0 && (
        <dl className="mt-4 flex flex-col gap-3 border-t border-line pt-4">
          {dates.map((each) => (
            <div key={each.name}>
              <dt className="text-sm text-muted">{each.name}</dt>
              <dd className="num font-medium">{each.at && `${format.weekday(each.at)}, ${format.time(each.at)}`}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}
