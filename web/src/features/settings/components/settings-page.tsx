"use client";

import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { useMe } from "@/features/session/me";
import { useSession } from "@/features/session/api";
import { PageHeader } from "@/shared/ui/page";
import { Notice, SkeletonList } from "@/shared/ui/state";
import { Tabs, type Tab } from "@/shared/ui/tabs";

const AccountTab = dynamic(() => import("./account-tab").then((found) => found.AccountTab), { loading: () => <SkeletonList /> });
const NotificationsTab = dynamic(() => import("./notifications-tab").then((found) => found.NotificationsTab), { loading: () => <SkeletonList /> });
const SessionsTab = dynamic(() => import("./sessions-tab").then((found) => found.SessionsTab), { loading: () => <SkeletonList /> });
const SecurityTab = dynamic(() => import("./security-tab").then((found) => found.SecurityTab), { loading: () => <SkeletonList /> });

/** A person's own account: what he is called, how he is protected, where he is signed in, how he is told. */
export function SettingsPage() {
  return <Suspense><Inner /></Suspense>;
}

function Inner() {
  const t = useTranslations("settings");
  const session = useSession().data;
  const me = useMe();
  const router = useRouter();
  const tab = useSearchParams().get("tab");
  const tabs: Tab[] = [];
  if (me.data) {
    tabs.push({ value: "account", label: t("account.tab"), content: <AccountTab me={me.data} /> });
    tabs.push({ value: "security", label: t("security.tab"), content: <SecurityTab me={me.data} /> });
  }
  tabs.push({ value: "sessions", label: t("sessions.tab"), content: <SessionsTab /> });
  if (session?.client_id) tabs.push({ value: "notifications", label: t("notifications.tab"), content: <NotificationsTab client={session.client_id} /> });
  const shown = tabs.find((each) => each.value === tab)?.value ?? tabs[0]?.value ?? "sessions";
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      {me.data === null && <div className="mb-5"><Notice>{t("no_account")}</Notice></div>}
      {me.data?.second_factor_needed && <div className="mb-5"><Notice tone="warn">{t("second_factor_needed")}</Notice></div>}
      {!me.isPending && <Tabs label={t("title")} tabs={tabs} value={shown} onChange={(value) => router.replace(`?tab=${value}`, { scroll: false })} />}
    </>
  );
}
