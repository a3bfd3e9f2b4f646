"use client";

import { useTranslations } from "next-intl";
import { useState, type FormEvent } from "react";
import { isDismissed, showPasskey } from "@/features/session/passkey";
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
  const [code, setCode] = useState("");
  const [lost, setLost] = useState<unknown>(null);
  const second = useSecondFactor();
  const enter = useEnter();
  const say = useErrorText();
  const ticket = asked.ticket ?? "";
  const done = { onSuccess: (got: SignedIn) => enter(got.role) };
  function submit(event: FormEvent) {
    event.preventDefault();
    second.mutate({ ticket, method, code: code.replace(/\s/g, "") }, done);
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
      <form onSubmit={submit} className="flex flex-col gap-4">
        {error !== null && error !== undefined && <Notice tone="bad">{say(error)}</Notice>}
        {method === "passkey" ? (
          <Button wide busy={second.isPending} onClick={() => void show()}>{t("use_passkey")}</Button>
        ) : (
          <>
            <Input key={method} autoFocus required minLength={6} label={t("code")} inputMode={method === "totp" ? "numeric" : "text"} autoComplete="one-time-code" className="num text-center text-xl tracking-[0.3em]" value={code} onChange={(event) => setCode(event.target.value)} />
            <Button type="submit" wide busy={second.isPending}>{t("confirm")}</Button>
          </>
        )}
      </form>
      <div className="mt-4 flex flex-col gap-1">
        {methods.filter((each) => each !== method).map((each) => (
          <Button key={each} look="quiet" wide onClick={() => setMethod(each)}>{t(`use_${each}`)}</Button>
        ))}
        <Button look="quiet" wide onClick={onAgain}>{t("again")}</Button>
      </div>
    </>
  );
}
