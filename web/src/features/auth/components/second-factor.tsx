"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { isDismissed, showPasskey } from "@/features/session/passkey";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useEnter, useSecondFactor, type SignedIn } from "../api";

type Method = "totp" | "recovery" | "passkey";

/** The second step of a sign-in: a code, a recovery code or a passkey. */
export function SecondFactor({ asked, onAgain }: { asked: SignedIn; onAgain: () => void }) {
  const t = useTranslations("auth.second");
  const methods = (asked.methods ?? []) as Method[];
  const [method, setMethod] = useState<Method>(methods[0] ?? "totp");
  const form = useZodForm(async () => (await import("../schema")).second, { code: "" });
  const wrong = useWrong();
  const [lost, setLost] = useState<unknown>(null);
  const second = useSecondFactor();
  const enter = useEnter();
  const say = useErrorText();
  const ticket = asked.ticket ?? "";
  const done = { onSuccess: (got: SignedIn) => enter(got.role) };
  const submit = form.handleSubmit(({ code }) => second.mutate({ ticket, method, code }, done));
  const { setFocus } = form;
  useEffect(() => {
    if (method !== "passkey") setFocus("code");
  }, [method, setFocus]);
  function turn(next: Method) {
    form.reset();
    second.reset();
    setLost(null);
    setMethod(next);
  }
  async function show() {
    setLost(null);
    try {
      second.mutate({ ticket, method: "passkey", credential: await showPasskey(ticket) }, done);
    } catch (error) {
      if (!isDismissed(error)) setLost(error);
    }
  }
  const error = second.error ?? lost;
  return (
    <>
      <h1 className="text-2xl font-semibold">{t("title")}</h1>
      <p className="mt-1.5 mb-6 text-muted">{t(method)}</p>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {error !== null && error !== undefined && <Notice tone="bad">{say(error)}</Notice>}
        {method === "passkey" ? (
          <Button wide busy={second.isPending} onClick={() => void show()}>{t("use_passkey")}</Button>
        ) : (
          <>
            <Input key={method} label={t("code")} error={wrong(form.formState.errors.code)} inputMode={method === "totp" ? "numeric" : "text"} autoComplete="one-time-code" className="num text-center text-xl tracking-[0.3em]" {...form.register("code")} />
            <Button type="submit" wide busy={second.isPending}>{t("confirm")}</Button>
          </>
        )}
      </form>
      <div className="mt-4 flex flex-col gap-1">
        {methods.filter((each) => each !== method).map((each) => (
          <Button key={each} look="quiet" wide onClick={() => turn(each)}>{t(`use_${each}`)}</Button>
        ))}
        <Button look="quiet" wide onClick={onAgain}>{t("again")}</Button>
      </div>
    </>
  );
}
