"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { timelineQuery } from "../api";

const FEW = 6;

/** What happened to a request, the newest first. */
export function Timeline({ id }: { id: string }) {
  const t = useTranslations("requests");
  const format = useFormat();
  const [all, setAll] = useState(false);
  const query = useQuery(timelineQuery(id));
  if (query.data?.items.length === 0) return null;
  return (
    <Section title={t("timeline")}>
      <Loaded query={query}>
        {({ items }) => {
          const newest = [...items].reverse();
          return (
            <>
              <ol className="ml-1.5 border-l border-line">
                {newest.slice(0, all ? undefined : FEW).map((item, at) => (
                  <li key={`${item.at}-${at}`} className="relative pb-4 pl-5 last:pb-0">
                    <span aria-hidden className={at === 0 ? "absolute top-1.5 -left-1.5 size-3 rounded-full bg-accent ring-4 ring-accent-soft" : "absolute top-2 -left-1 size-2 rounded-full bg-line-strong"} />
                    <p className="text-[0.95rem] leading-6 break-words">{item.text}</p>
                    <time dateTime={item.at} className="num text-sm text-muted">{format.moments(item.at)}</time>
                  </li>
                ))}
              </ol>
              {newest.length > FEW && !all && <Button look="quiet" wide className="mt-3" onClick={() => setAll(true)}>{t("whole_story", { count: newest.length })}</Button>}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
