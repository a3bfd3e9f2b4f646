"use client";

import { Eye, EyeOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState, type ComponentProps } from "react";
import { IconButton } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";

/** A password, which can be looked at while it is typed. */
export function PasswordInput(props: ComponentProps<typeof Input>) {
  const t = useTranslations("auth");
  const [seen, setSeen] = useState(false);
  return (
    <div className="relative">
      <Input {...props} type={seen ? "text" : "password"} className="pr-12" autoCapitalize="none" spellCheck={false} />
      <IconButton label={t(seen ? "hide" : "show")} aria-pressed={seen} onClick={() => setSeen(!seen)} className="absolute top-[1.65rem] right-0.5">
        {seen ? <EyeOff aria-hidden className="size-5" strokeWidth={1.75} /> : <Eye aria-hidden className="size-5" strokeWidth={1.75} />}
      </IconButton>
    </div>
  );
}
