"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { timelineQuery } from "../api";

/** What happened to a request, in words, the newest at the top. */
export function Timeline({ id }: { id: string }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const query = useQuery(timelineQuery(id));
  return (
    <Section>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? <EmptyState title={t("request.nothing_happened")} text={t("request.nothing_happened_text")} /> : (
            <ol className="relative ml-1.5 border-l border-line">
              {[...items].reverse().map((item, at) => (
                <li key={`${item.at}-${at}`} className="relative pb-5 pl-6 last:pb-0">
                  <span aria-hidden className="absolute top-1.5 -left-[5px] size-2.5 rounded-full border-2 border-accent bg-surface" />
                  <p className="font-medium">{item.text}</p>
                  {item.why && <p className="mt-0.5 text-sm text-muted">{item.why}</p>}
                  <p className="num mt-0.5 text-sm text-muted">
                    {format.moments(item.at)}
                    {item.origin && <> · {t(`origin.${originOf(item.origin)}`)}</>}
                    {item.actor && <> · <span className="break-all">{item.actor}</span></>}
                  </p>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Section>
  );
}

const ORIGINS = ["onec", "chatwoot", "platform", "api", "operator"] as const;

function originOf(text: string): (typeof ORIGINS)[number] {
  return ORIGINS.find((each) => each === text) ?? "platform";
}
