"use client";

import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { useInAddress } from "@/shared/lib/address";
import { PageHeader } from "@/shared/ui/page";
import { Tabs } from "@/shared/ui/tabs";
import { Acts } from "./acts";
import { People } from "./people";

/** Who has an account, what he may, and what everybody did. */
export function PeoplePage() {
  const t = useTranslations("people");
  const role = useRole();
  const [tab, setTab] = useInAddress("tab", "people");
  const log = role === "administrator" || role === "auditor";
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      {log ? (
        <Tabs label={t("title")} value={tab} onChange={setTab} tabs={[
          { value: "people", label: t("tab.people"), content: <People /> },
          { value: "acts", label: t("tab.acts"), content: <Acts /> },
        ]} />
      ) : <People />}
    </>
  );
}
