"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue } from "react";
import { Link } from "@/shared/i18n/link";
import { useInAddress } from "@/shared/lib/address";
import { Badge } from "@/shared/ui/badge";
import { Input } from "@/shared/ui/field";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table } from "@/shared/ui/table";
import { Tabs } from "@/shared/ui/tabs";
import { companiesQuery, doublesQuery, type Company } from "../api";

/** Companies, and those that look like one company. */
export function ClientsPage() {
  const t = useTranslations("desk");
  const [tab, setTab] = useInAddress("tab", "companies");
  const doubles = useQuery(doublesQuery);
  const count = doubles.data?.length ?? 0;
  return (
    <>
      <PageHeader title={t("clients.title")} text={t("clients.text")} />
      <Tabs
        label={t("clients.title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "companies", label: t("clients.companies"), content: <Companies /> },
          { value: "doubles", label: <>{t("clients.doubles")} {count > 0 && <Badge>{count}</Badge>}</>, content: <Doubles /> },
        ]}
      />
    </>
  );
}

function Companies() {
  const t = useTranslations("desk");
  const [typed, setTyped] = useInAddress("q");
  const words = useDeferredValue(typed.trim());
  const query = useInfiniteQuery(companiesQuery(words.length > 1 ? words : undefined));
  return (
    <Section flush>
      <div className="border-b border-line p-5">
        <Input type="search" label={t("search")} placeholder={t("clients.search_hint")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} />
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState icon={<Search className="size-6" />} title={t("none_fit")} text={t("none_fit_text")} />;
          return <Rows rows={rows} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

function Rows({ rows }: { rows: Company[] }) {
  const t = useTranslations("desk");
  return (
    <Table
      caption={t("clients.companies")}
      rows={rows}
      id={(row) => row.client_id}
      columns={[
        {
          key: "company", title: t("column.company"), lead: true,
          cell: (row) => (
            <Link href={`/desk/client?id=${row.client_id}`} className="flex min-h-11 flex-wrap items-center gap-2 hover:text-accent-strong">
              {row.company_name ?? t("nobody_known")}
              {!row.in_onec && <Badge tone="warn">{t("clients.not_in_onec")}</Badge>}
            </Link>
          ),
        },
        { key: "code", title: t("clients.code"), cell: (row) => <span className="num">{row.code_abonent ?? "—"}</span> },
        { key: "inn", title: t("clients.inn"), cell: (row) => <span className="num">{row.org_inn ?? "—"}</span> },
        { key: "phone", title: t("clients.phone"), cell: (row) => <span className="num whitespace-nowrap">{row.phone_number ?? "—"}</span> },
        { key: "users", title: t("clients.users"), right: true, cell: (row) => row.users },
        { key: "requests", title: t("clients.requests"), right: true, cell: (row) => row.requests },
      ]}
    />
  );
}

function Doubles() {
  const t = useTranslations("desk");
  const query = useQuery(doublesQuery);
  return (
    <Section flush title={t("clients.doubles")} text={t("clients.doubles_text")}>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? <EmptyState title={t("clients.no_doubles")} /> : (
            <ul className="border-t border-line">
              {rows.map((row) => (
                <li key={row.org_inn} className="border-b border-line px-5 py-3 last:border-0">
                  <p className="num text-sm text-muted">{t("clients.inn")} {row.org_inn}</p>
                  <ul>
                    {row.companies.map((each) => (
                      <li key={String(each.client_id)}>
                        <Link href={`/desk/client?id=${String(each.client_id)}`} className="inline-flex min-h-11 items-center gap-2 hover:text-accent-strong">
                          {String(each.company_name ?? t("nobody_known"))} <span className="num text-sm text-muted">{String(each.code_abonent ?? "—")}</span>
                        </Link>
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
