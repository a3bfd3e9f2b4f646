"use client";

import { ExternalLink } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { localized } from "@/shared/i18n/link";
import { Badge, type Tone } from "@/shared/ui/badge";
import { buttonLook } from "@/shared/ui/button";
import { Facts, Section } from "@/shared/ui/page";
import type { Panel } from "../api";

type Row = Panel["request"];
const TONES = { new: "info", open: "accent", pending: "warn", other: "plain", closed: "good", resolved: "good", cancelled: "plain" } as const satisfies Record<string, Tone>;

/** The request of the conversation, its company, what came before, and one's own numbers. */
export function PanelBody({ panel }: { panel: Panel }) {
  const t = useTranslations("panel");
  const format = useFormat();
  const locale = useLocale();
  const { request, company } = panel;
  const text = (name: string) => { const value = company?.[name]; return value === null || value === undefined || value === "" ? "—" : String(value); };
  return (
    <div className="flex flex-col gap-4">
      <header>
        <p className="num flex flex-wrap items-center gap-2 text-sm text-muted">{named(request, t)} · {t(`kind.${request.kind}`)} <State status={request.status} />{request.overdue && <Badge tone="bad">{t("overdue")}</Badge>}</p>
        <h1 className="mt-1 line-clamp-3 text-lg leading-snug font-semibold">{request.comment || t("no_text")}</h1>
      </header>
      <Facts
        items={[
          { name: t("planned"), value: <span className="num">{request.start_date ? format.moments(request.start_date) : t("no_date")}</span> },
          { name: t("manager"), value: request.manager_name ?? <span className="text-warn">{t("no_manager")}</span> },
          { name: t("category"), value: request.category ?? "—" },
        ]}
      />
      <a href={localized(locale, `/desk/request?id=${request.cons_id}`)} target="_blank" rel="noopener" className={buttonLook("secondary", true)}><ExternalLink aria-hidden className="size-4" />{t("open")}</a>
      {panel.mine && <Mine mine={panel.mine} />}
      {company && (
        <Section title={text("company_name")}>
          <Facts
            items={[
              { name: t("code"), value: <span className="num">{text("code_abonent")}</span> },
              { name: t("inn"), value: <span className="num">{text("org_inn")}</span> },
              { name: t("phone"), value: <span className="num">{text("phone_number")}</span> },
              { name: t("subscription"), value: company.subs_end ? t("until", { date: format.date(String(company.subs_end)) }) : "—" },
              { name: t("requests"), value: <span className="num">{text("requests")}</span> },
            ]}
          />
        </Section>
      )}
      {panel.history.length > 0 && (
        <Section flush title={t("history")}>
          <ul className="border-t border-line">
            {panel.history.map((each) => (
              <li key={each.cons_id} className="border-b border-line px-5 py-2.5 last:border-0">
                <p className="line-clamp-2 text-[0.95rem]">{each.comment || t("no_text")}</p>
                <p className="num mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">{named(each, t)} · {format.day(each.create_date)} <State status={each.status} /></p>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  );
}

function named(row: Row, t: ReturnType<typeof useTranslations<"panel">>): string {
  return row.number ? t("number", { number: row.number }) : t("no_number");
}

function State({ status }: { status: string }) {
  const t = useTranslations("panel");
  const known = (status in TONES ? status : "other") as keyof typeof TONES;
  return <Badge tone={TONES[known]} dot>{t(`status.${known}`)}</Badge>;
}

const FIGURES = ["open", "today", "overdue", "ended_7", "ended_30", "rating_30"] as const;

function Mine({ mine }: { mine: NonNullable<Panel["mine"]> }) {
  const t = useTranslations("panel");
  const format = useFormat();
  return (
    <Section title={t("mine.title")}>
      <dl className="grid grid-cols-2 gap-x-3 gap-y-4 min-[22rem]:grid-cols-3">
        {FIGURES.map((each) => {
          const value = mine[each];
          return (
            <div key={each} className="flex flex-col-reverse justify-end">
              <dt className="text-sm leading-tight text-muted">{t(`mine.${each}`)}</dt>
              <dd className="num text-xl font-semibold">{typeof value === "number" ? format.number(value, 1) : "—"}</dd>
            </div>
          );
        })}
      </dl>
    </Section>
  );
}
