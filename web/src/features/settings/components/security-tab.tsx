"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Me } from "@/features/session/me";
import { Strength } from "@/features/session/strength";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useChangePassword, useNewCodes, useRemoveTotp } from "../api";
import { CodesDialog } from "./codes-dialog";
import { CameBack, OutsideLogins } from "./outside-logins";
import { Passkeys } from "./passkeys";
import { TotpDialog } from "./totp-dialog";

/** Password, authenticator, recovery codes, passkeys. */
export function SecurityTab({ me }: { me: Me }) {
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <>
      <CameBack me={me} />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Authenticator me={me} onCodes={setCodes} />
        <Passkeys onCodes={setCodes} />
        <Password has={me.has_password} />
        {me.methods.length > 0 && <Recovery left={me.recovery_codes_left} onCodes={setCodes} />}
        <OutsideLogins me={me} />
        <CodesDialog codes={codes} onClose={() => setCodes(null)} />
      </div>
    </>
  );
}

function Authenticator({ me, onCodes }: { me: Me; onCodes: (codes: string[]) => void }) {
  const t = useTranslations("settings.security");
  const [open, setOpen] = useState(false);
  const remove = useRemoveTotp();
  const say = useToast();
  const on = me.methods.includes("totp");
  async function drop() {
    try {
      await remove.mutateAsync();
      say.done(t("totp_removed"));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return (
    <Section title={t("totp")} text={t("totp_text")} actions={<Badge tone={on ? "good" : "warn"} dot>{t(on ? "on" : "off")}</Badge>}>
      {on ? <ConfirmButton label={t("turn_off")} title={t("turn_off_title")} text={t("turn_off_text")} act={drop} /> : <Button onClick={() => setOpen(true)}>{t("turn_on")}</Button>}
      <TotpDialog open={open} onClose={() => setOpen(false)} onCodes={onCodes} />
    </Section>
  );
}

function Recovery({ left, onCodes }: { left: number; onCodes: (codes: string[]) => void }) {
  const t = useTranslations("settings.security");
  const fresh = useNewCodes();
  const say = useToast();
  async function make() {
    try {
      onCodes((await fresh.mutateAsync()).recovery_codes);
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return (
    <Section title={t("codes")} text={t("codes_text")} actions={<Badge tone={left > 2 ? "good" : "warn"}>{t("codes_left", { count: left })}</Badge>}>
      <ConfirmButton look="secondary" label={t("codes_new")} title={t("codes_new_title")} text={t("codes_new_text")} act={make} />
    </Section>
  );
}

function Password({ has }: { has: boolean }) {
  const t = useTranslations("settings.security");
  const form = useZodForm(async () => (await import("../schema")).passwords, { current: "", password: "", again: "" });
  const change = useChangePassword();
  const say = useToast();
  const errorText = useErrorText();
  const wrong = useWrong();
  const refused = useRefused(form, change.error, { "auth.wrong": "current", "auth.wrong_proof": "current", "password.weak": "password", "password.breached": "password" });
  const errors = form.formState.errors;
  const submit = form.handleSubmit(({ current, password }) =>
    change.mutate({ current: has ? current : null, password }, { onSuccess: () => { form.reset(); say.done(t("password_changed")); } }),
  );
  return (
    <Section title={t("password")} text={t("password_text")}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {refused !== null && <Notice tone="bad">{errorText(refused)}</Notice>}
        {has && <Input label={t("current")} type="password" autoComplete="current-password" error={wrong(errors.current)} {...form.register("current")} />}
        <Input label={t("new")} hint={t("new_hint")} type="password" autoComplete="new-password" error={wrong(errors.password)} {...form.register("password")} />
        <Strength password={form.watch("password")} about={[]} />
        <Input label={t("again")} type="password" autoComplete="new-password" error={wrong(errors.again)} {...form.register("again")} />
        <Button type="submit" look="secondary" className="self-start" busy={change.isPending}>{t("change_password")}</Button>
      </form>
    </Section>
  );
}
