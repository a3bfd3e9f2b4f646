"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { client } from "@/shared/api/client";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import type { Me } from "./me";
import { isDismissed, showPasskey } from "./passkey";

/** Asks for a fresh proof. */
export function StepUpWindow({ me, onEnd }: { me: Me | null; onEnd: (proved: boolean) => void }) {
  const t = useTranslations("common.step_up");
  const say = useErrorText();
  const form = useZodForm(async () => (await import("./schema")).proof, { text: "" });
  const wrongText = useWrong();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<unknown>(null);
  const kinds = me?.step_up ?? [];
  const kind = kinds.includes("code") ? "code" : "password";
  async function prove(body: () => Promise<{ password?: string; code?: string; credential?: Record<string, unknown> }>) {
    setBusy(true);
    setWrong(null);
    try {
      await client.POST("/api/auth/step-up", { body: await body() });
      onEnd(true);
    } catch (error) {
      if (!isDismissed(error)) setWrong(error);
    } finally {
      setBusy(false);
    }
  }
  const submit = form.handleSubmit(({ text }) => prove(async () => ({ [kind]: kind === "code" ? text.trim() : text })));
  const typed = kinds.includes(kind);
  return (
    <Dialog open onClose={() => onEnd(false)} title={t("title")} text={t(kinds.length ? "text" : "none")}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {wrong !== null && <Notice tone="bad">{say(wrong)}</Notice>}
        {typed && (
          <Input autoFocus label={t(kind)} error={wrongText(form.formState.errors.text)} type={kind === "password" ? "password" : "text"} inputMode={kind === "code" ? "numeric" : undefined} autoComplete={kind === "code" ? "one-time-code" : "current-password"} {...form.register("text")} />
        )}
        {typed && <Button type="submit" busy={busy} wide>{t("confirm")}</Button>}
        {kinds.includes("passkey") && (
          <Button look="secondary" wide disabled={busy} onClick={() => void prove(async () => ({ credential: await showPasskey() }))}>{t("passkey")}</Button>
        )}
      </form>
    </Dialog>
  );
}
