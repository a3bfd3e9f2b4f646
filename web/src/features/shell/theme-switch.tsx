"use client";

import { SunMoon } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { browser } from "@/shared/lib/kept";
import { IconButton } from "@/shared/ui/button";
import { Menu, MenuChoices } from "@/shared/ui/menu";
import { THEME_KEY } from "./theme-script";

const CHOICES = ["system", "light", "dark"] as const;

/** Light, dark, or as the machine has it. */
export function ThemeSwitch() {
  const t = useTranslations("nav");
  const [shown, setShown] = useState<string>(() => (typeof window === "undefined" ? "system" : (browser.read(THEME_KEY) ?? "system")));
  function choose(next: string) {
    setShown(next);
    browser.write(THEME_KEY, next === "system" ? null : next);
    const dark = next === "dark" || (next === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }
  return (
    <Menu trigger={<IconButton label={t("theme")}><SunMoon aria-hidden className="size-5" strokeWidth={1.75} /></IconButton>}>
      <MenuChoices value={shown} onChange={choose} options={CHOICES.map((value) => ({ value, label: t(`themes.${value}`) }))} />
    </Menu>
  );
}
