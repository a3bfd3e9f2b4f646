"use client";

import { useTranslations } from "next-intl";
import { Link } from "@/shared/i18n/link";
import { buttonLook } from "@/shared/ui/button";
import { PageHeader } from "@/shared/ui/page";

export function HomePage() {
  const t = useTranslations("home");
  return <PageHeader title={t("title")} text={t("text")} actions={<Link href="/new" className={buttonLook()}>{t("new")}</Link>} />;
}
