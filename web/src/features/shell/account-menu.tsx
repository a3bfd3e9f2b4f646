"use client";

import { CircleUser, LogOut, Settings } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole, useSession, useSignOut } from "@/features/session/api";
import { useGo } from "@/shared/i18n/link";
import { IconButton } from "@/shared/ui/button";
import { Menu, MenuItem, MenuLine } from "@/shared/ui/menu";
import { LanguageSwitch } from "./language-switch";
import { placesOf } from "./navigation";
import { ThemeSwitch } from "./theme-switch";

/** Language, colours, and who is signed in. */
export function AccountMenu() {
  const t = useTranslations("nav");
  const session = useSession().data;
  const out = useSignOut();
  const go = useGo();
  const more = placesOf(useRole()).filter((place) => !place.phone);
  return (
    <div className="flex items-center gap-1">
      <LanguageSwitch />
      <ThemeSwitch />
      {session && (
        <Menu trigger={<IconButton label={t("account")}><CircleUser aria-hidden className="size-5.5" strokeWidth={1.75} /></IconButton>}>
          {more.map((place) => (
            <MenuItem key={place.href} narrow onSelect={() => go(place.href)}><place.icon aria-hidden className="size-4.5" />{t(place.label)}</MenuItem>
          ))}
          <MenuItem onSelect={() => go("/settings")}><Settings aria-hidden className="size-4.5" />{t("settings")}</MenuItem>
          <MenuLine />
          <MenuItem onSelect={() => out.mutate(undefined, { onSuccess: () => go("/sign-in", "replace") })}>
            <LogOut aria-hidden className="size-4.5" />
            {t("sign_out")}
          </MenuItem>
        </Menu>
      )}
    </div>
  );
}
