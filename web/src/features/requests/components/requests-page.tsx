"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue } from "react";
import { useLive } from "@/features/live/live";
import { useSession } from "@/features/session/api";
import { Link } from "@/shared/i18n/link";
import { useInAddress } from "@/shared/lib/address";
import { buttonLook } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { requestKeys, requestsQuery, type Filters, type Status } from "../api";
import { RequestRows } from "./request-rows";

const GROUPS: Record<string, Status[]> = { going: ["new", "open", "pending", "other"], done: ["closed", "resolved"], cancelled: ["cancelled"] };

/** All requests of the reader, with what stands still and what goes on. */
export function RequestsPage() {
  const t = useTranslations("requests");
  const [group, setGroup] = useInAddress("group", "", Object.keys(GROUPS));
  const [typed, setTyped] = useInAddress("q");
  const words = useDeferredValue(typed.trim());
  const filters: Filters = { status: GROUPS[group], q: words.length > 1 ? words : undefined };
  const query = useInfiniteQuery(requestsQuery(filters));
  useLive(`client:${useSession().data?.client_id}`, requestKeys.all);
  const options = (["going", "done", "cancelled"] as const).map((value) => ({ value, label: t(`group.${value}`) }));
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} actions={<Link href="/new" className={buttonLook()}>{t("new")}</Link>} />
      <Section flush>
        <div className="grid gap-4 border-b border-line p-5 sm:grid-cols-[1fr_14rem]">
          <Input type="search" label={t("search")} placeholder={t("search_hint")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={100} />
          <Select label={t("state")} empty={t("group.all")} options={options} value={group} onChange={(event) => setGroup(event.target.value)} />
        </div>
        <Loaded query={query}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.consultations);
            if (rows.length === 0) {
              const narrowed = group !== "" || words !== "";
              const icon = narrowed ? <Search className="size-6" /> : undefined;
              return <EmptyState icon={icon} title={t(narrowed ? "none_fit" : "none")} text={t(narrowed ? "none_fit_text" : "none_text")} />;
            }
            return <RequestRows rows={rows} />;
          }}
        </Loaded>
        <More query={query} />
      </Section>
    </>
  );
}
