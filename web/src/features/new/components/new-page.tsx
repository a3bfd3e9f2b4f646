"use client";

import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { Suspense } from "react";
import { useSession } from "@/features/session/api";
import { useMay } from "@/features/session/me";
import { PageHeader } from "@/shared/ui/page";
import { Notice, SkeletonList } from "@/shared/ui/state";

const AskForm = dynamic(() => import("./ask-form").then((found) => found.AskForm), { loading: () => <SkeletonList /> });

/** A new request: what it is about, the question, files, and when to call. */
export function NewPage() {
  const t = useTranslations("new");
  const home = useTranslations("home");
  const session = useSession().data;
  const may = useMay("consultations:create");
  // Without a client of the desk behind it an organisation can't ask: its staff say first which one it is.
  const why = !may ? t("only_look") : session && !session.client_id ? home("unsure") : null;
  if (why) return <><PageHeader title={t("title")} /><Notice tone="warn">{why}</Notice></>;
  return <Suspense><AskForm /></Suspense>;
}
