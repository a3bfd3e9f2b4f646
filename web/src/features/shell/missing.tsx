"use client";

import { Compass } from "lucide-react";
import { useTranslations } from "next-intl";
import { Link } from "@/shared/i18n/link";
import { buttonLook } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/state";

/** What the server shows for an address without a page. */
export function Missing() {
  const t = useTranslations("common");
  return (
    <main className="grid min-h-dvh place-items-center">
      <h1 className="sr-only">{t("not_found")}</h1>
      <EmptyState icon={<Compass className="size-6" />} title={t("not_found")} text={t("not_found_text")} action={<Link href="/" className={buttonLook()}>{t("to_home")}</Link>} />
    </main>
  );
}
