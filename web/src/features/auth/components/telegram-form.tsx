"use client";

import { Send } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button, buttonLook } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useEnter, useTelegramFinish, useTelegramStart, type SignedIn } from "../api";

/** Sign in or up by the telephone that Telegram knows: the bot gives a code to who shares his own number. */
export function TelegramForm({ onSecond }: { onSecond: (asked: SignedIn) => void }) {
  const t = useTranslations("auth.by_telegram");
  const auth = useTranslations("auth");
  const form = useZodForm(async () => (await import("../schema")).second, { code: "" });
  const wrong = useWrong();
  const start = useTelegramStart();
  const finish = useTelegramFinish();
  const enter = useEnter();
  const say = useErrorText();
  const begun = start.data;
  const { mutate } = start;
  useEffect(() => mutate(), [mutate]);
  const submit = form.handleSubmit(({ code }) => {
    if (!begun) return;
    const went = (got: SignedIn) => (got.state === "signed_in" ? enter(got.role) : onSecond(got));
    finish.mutate({ ticket: begun.ticket, code }, { onSuccess: went });
  });
  const error = start.error ?? finish.error;
  if (!begun) {
    return (
      <div className="flex flex-col gap-4">
        {error && <Notice tone="bad">{say(error)}</Notice>}
        <p className="text-muted">{t("text")}</p>
        <Button wide busy={start.isPending} onClick={() => start.mutate()}><Send aria-hidden className="size-4.5" />{auth("telegram")}</Button>
      </div>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <p className="text-muted">{t("text")}</p>
      {begun.url ? <a href={begun.url} target="_blank" rel="noreferrer" className={buttonLook("secondary", true)}><Send aria-hidden className="size-4.5" />{t("open")}</a> : <p className="font-mono break-all select-all">{t("send", { start: `/start ${begun.start}` })}</p>}
      <Input label={t("code")} inputMode="numeric" autoComplete="one-time-code" error={wrong(form.formState.errors.code)} className="num text-center text-xl tracking-[0.3em]" {...form.register("code")} />
      <Button type="submit" wide busy={finish.isPending}>{auth("sign_in")}</Button>
    </form>
  );
}
