"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { Suspense } from "react";
import { useLive } from "@/features/live/live";
import { useSession } from "@/features/session/api";
import { useMay } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { Button, buttonLook } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { useInAddress, useTyped } from "@/shared/lib/address";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { requestKeys, requestsQuery, type Filters, type Status } from "../api";
import { RequestRows } from "./request-rows";

const GROUPS: Record<string, Status[]> = { going: ["new", "open", "pending", "other"], done: ["closed", "resolved"], cancelled: ["cancelled"] };

/** All requests of the reader, with what stands still and what goes on. */
export function RequestsPage() {
  return <Suspense><Inner /></Suspense>;
}

function Inner() {
  const t = useTranslations("requests");
  const may = useMay("consultations:create");
  const [group, setGroup] = useInAddress("state", "", Object.keys(GROUPS));
  const { typed, setTyped, words } = useTyped();
  const client = useSession().data?.client_id;
  const filters: Filters = { status: GROUPS[group], q: words || undefined };
  const query = useInfiniteQuery(requestsQuery(filters));
  useLive(client && `client:${client}`, requestKeys.all);
  const options = (["going", "done", "cancelled"] as const).map((value) => ({ value, label: t(`group.${value}`) }));
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} actions={may && <Link href="/new" className={buttonLook()}>{t("new")}</Link>} />
      <Section flush>
        <div className="grid gap-4 border-b border-line p-5 sm:grid-cols-[1fr_14rem]">
          <Input type="search" label={t("search")} placeholder={t("search_hint")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} />
          <Select label={t("state")} empty={t("group.all")} options={options} value={group} onChange={(event) => setGroup(event.target.value)} />
        </div>
        <Loaded query={query}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.consultations);
            if (rows.length === 0) {
              const narrowed = filters.status !== undefined || words !== "";
              const icon = narrowed ? <Search className="size-6" /> : undefined;
              const all = narrowed && <Button look="secondary" onClick={() => { setTyped(""); setGroup(""); }}>{t("show_all")}</Button>;
              return <EmptyState icon={icon} title={t(narrowed ? "none_fit" : "none")} text={t(narrowed ? "none_fit_text" : "none_text")} action={all} />;
            }
            return <RequestRows rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Section>
    </>
  );
}
