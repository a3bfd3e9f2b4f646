"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { deskKeys, companyQuery, type CompanyWhole } from "../api";
import { useLive } from "@/features/live/live";
import { useCodes } from "@/shared/lib/codes";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Facts, PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Notice, SkeletonList } from "@/shared/ui/state";
import { Cards } from "./cards";

/** A company with its people and requests. */
export function ClientPage() {
  return <Suspense fallback={<SkeletonList />}><Asked /></Suspense>;
}

function Asked() {
  const id = useSearchParams().get("id") ?? "";
  const query = useQuery(companyQuery(id));
  useLive(id ? `client:${id}` : null, [...deskKeys.all, "client", id]);
  return <Loaded query={query}>{(company) => <Whole company={company} />}</Loaded>;
}

function Whole({ company }: { company: CompanyWhole }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const codes = useCodes();
  const place = [company.country, company.region, company.city].filter(Boolean).join(", ");
  return (
    <>
      <PageHeader above={t("clients.title")} title={company.company_name ?? t("nobody_known")} />
      {company.unconfirmed.length > 0 && <div className="mb-5"><Notice>{t("clients.unconfirmed", { fields: company.unconfirmed.map((each) => codes("column", each)).join(", ") })}</Notice></div>}
      <div className="grid items-start gap-6 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="flex flex-col gap-6">
          <Section title={t("clients.about")}>
            <Facts
              items={[
                { name: t("clients.code"), value: <span className="num">{company.code_abonent ?? "—"}</span> },
                { name: t("clients.inn"), value: <span className="num">{company.org_inn ?? "—"}</span> },
                { name: t("clients.contact"), value: company.contact_name ?? "—" },
                { name: t("clients.phone"), value: <span className="num">{company.phone_number ?? "—"}</span> },
                { name: t("clients.email"), value: company.email ?? "—" },
                { name: t("clients.place"), value: place || "—" },
                { name: t("clients.subscription"), value: company.subs_end ? t("clients.until", { date: format.date(company.subs_end) }) : "—" },
                { name: t("clients.in_onec"), value: <Badge tone={company.in_onec ? "good" : "warn"}>{t(company.in_onec ? "clients.is_in_onec" : "clients.not_in_onec")}</Badge> },
              ]}
            />
          </Section>
          <Section title={t("clients.people")}>
            <ul className="flex flex-col gap-4">
              {company.people.map((each) => (
                <li key={each.client_id}>
                  <p className="flex flex-wrap items-center gap-2 font-medium">{each.name ?? t("nobody_known")}{each.telegram && <Badge tone="info">Telegram</Badge>}</p>
                  <p className="text-sm break-words text-muted">{[each.email, each.phone_number, each.language && t(`language.${each.language as "uz" | "ru" | "en"}`)].filter(Boolean).join(" · ") || "—"}</p>
                </li>
              ))}
            </ul>
          </Section>
        </div>
        <Section flush title={t("clients.requests")} text={t(company.requests > company.history.length ? "clients.requests_newest" : "clients.requests_text", { count: company.requests, shown: company.history.length })}>
          {company.history.length === 0 ? <EmptyState title={t("clients.no_requests")} /> : <Cards rows={company.history} caption={t("clients.requests")} company={false} />}
        </Section>
      </div>
    </>
  );
}
