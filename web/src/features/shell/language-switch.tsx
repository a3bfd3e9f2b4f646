"use client";

import { Languages } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { LOCALES, NAMES } from "@/shared/i18n/locales";
import { IconButton } from "@/shared/ui/button";
import { Menu, MenuChoices } from "@/shared/ui/menu";

const YEAR = 31_536_000;

/** The same page in another language; the cookie tells the server which one a bare address means. */
export function LanguageSwitch() {
  const t = useTranslations("nav");
  const locale = useLocale();
  function choose(next: string) {
    document.cookie = `clobus-language=${next}; path=/; max-age=${YEAR}; samesite=lax`;
    const { pathname, search } = window.location;
    window.location.assign(pathname.replace(/^\/[a-z]{2}(?=\/|$)/, `/${next}`) + search);
  }
  return (
    <Menu trigger={<IconButton label={t("language")}><Languages aria-hidden className="size-5" strokeWidth={1.75} /></IconButton>}>
      <MenuChoices value={locale} onChange={choose} options={LOCALES.map((each) => ({ value: each, label: NAMES[each] }))} />
    </Menu>
  );
}
