"use client";

import { useTranslations } from "next-intl";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { homeOf } from "@/features/session/api";
import { useGo } from "@/shared/i18n/link";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { useErrorText } from "@/shared/ui/state";
import { useToken } from "./api";
import { ownPath } from "./next-page";

/** Sign in with a one-time link or a key. */
export function SignInPage() {
  const t = useTranslations("auth");
  const given = useSearchParams();
  const [token, setToken] = useState(given.get("token") ?? "");
  const sign = useToken();
  const say = useErrorText();
  const go = useGo();
  const router = useRouter();
  function submit(event: React.FormEvent) {
    event.preventDefault();
    sign.mutate(token.trim(), {
      onSuccess: (who) => {
        const next = ownPath(given.get("next"));
        if (next) router.replace(next);
        else go(homeOf(who.role), "replace");
      },
    });
  }
  return (
    <>
      <h1 className="text-2xl font-semibold">{t("title")}</h1>
      <p className="mt-1 mb-6 text-muted">{t("text")}</p>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Input label={t("token")} hint={t("token_hint")} value={token} onChange={(event) => setToken(event.target.value)} autoComplete="off" required minLength={10} error={sign.error ? say(sign.error) : undefined} />
        <Button type="submit" busy={sign.isPending} wide>{t("sign_in")}</Button>
      </form>
    </>
  );
}
