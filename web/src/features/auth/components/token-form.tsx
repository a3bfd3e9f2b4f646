"use client";

import { useTranslations } from "next-intl";
import { useState, type FormEvent } from "react";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { useErrorText } from "@/shared/ui/state";
import { useEnter, useToken } from "../api";

/** Sign in with the code of a one-time link, or with a key of the staff. */
export function TokenForm({ given }: { given: string }) {
  const t = useTranslations("auth");
  const [token, setToken] = useState(given);
  const sign = useToken();
  const enter = useEnter();
  const say = useErrorText();
  function submit(event: FormEvent) {
    event.preventDefault();
    sign.mutate(token.trim(), { onSuccess: (who) => enter(who.role) });
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Input label={t("token")} hint={t("token_hint")} value={token} onChange={(event) => setToken(event.target.value)} autoComplete="off" required minLength={10} error={sign.error ? say(sign.error) : undefined} />
      <Button type="submit" busy={sign.isPending} wide>{t("sign_in")}</Button>
    </form>
  );
}
