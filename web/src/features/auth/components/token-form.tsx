"use client";

import { useTranslations } from "next-intl";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useEnter, useToken } from "../api";

/** Sign in with the code of a one-time link, or with a key of the staff. */
export function TokenForm({ given }: { given: string }) {
  const t = useTranslations("auth");
  const form = useZodForm(async () => (await import("../schema")).token, { token: given });
  const sign = useToken();
  const enter = useEnter();
  const say = useErrorText();
  const wrong = useWrong();
  const submit = form.handleSubmit(({ token }) => sign.mutate(token, { onSuccess: (who) => enter(who.role) }));
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {sign.error && <Notice tone="bad">{say(sign.error)}</Notice>}
      <Input label={t("token")} hint={t("token_hint")} autoComplete="off" error={wrong(form.formState.errors.token)} {...form.register("token")} />
      <Button type="submit" busy={sign.isPending} wide>{t("sign_in")}</Button>
    </form>
  );
}
