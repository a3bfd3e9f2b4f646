"use client";

import { useTranslations } from "next-intl";
import type { Me } from "@/features/session/me";
import { LOCALES, NAMES } from "@/shared/i18n/locales";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useChangeEmail, useChangeMe } from "../api";

/** Name, language, address. */
export function AccountTab({ me }: { me: Me }) {
  const t = useTranslations("settings.account");
  const common = useTranslations("common");
  const form = useZodForm(async () => (await import("../schema")).profile, { name: me.name, language: me.language as "uz" });
  const change = useChangeMe();
  const say = useToast();
  const wrong = useWrong();
  const submit = form.handleSubmit((values) =>
    change.mutate(values, { onSuccess: () => { form.reset(values); say.done(common("saved")); }, onError: say.failed }),
  );
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <Section title={t("profile")}>
        <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
          <Input label={t("name")} autoComplete="name" error={wrong(form.formState.errors.name)} {...form.register("name")} />
          <Select label={t("language")} hint={t("language_hint")} options={LOCALES.map((value) => ({ value, label: NAMES[value] }))} {...form.register("language")} />
          <Button type="submit" className="self-start" busy={change.isPending} disabled={!form.formState.isDirty}>{common("save")}</Button>
        </form>
      </Section>
      <EmailCard email={me.email} phone={me.phone_number} />
    </div>
  );
}

function EmailCard({ email, phone }: { email: string | null; phone: string | null }) {
  const t = useTranslations("settings.account");
  const form = useZodForm(async () => (await import("../schema")).address, { email: "" });
  const change = useChangeEmail();
  const say = useErrorText();
  const wrong = useWrong();
  const refused = useRefused(form, change.error, { "account.taken": "email" });
  const submit = form.handleSubmit((values) => change.mutate(values.email));
  return (
    <Section title={t("contacts")}>
      <dl className="mb-5 flex flex-col gap-3">
        <div><dt className="text-sm text-muted">{t("email")}</dt><dd className="font-medium break-all">{email ?? "—"}</dd></div>
        <div><dt className="text-sm text-muted">{t("phone")}</dt><dd className="num font-medium">{phone ?? "—"}</dd></div>
      </dl>
      {change.isSuccess ? <Notice tone="good">{t("email_sent", { email: change.variables })}</Notice> : (
        <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-3">
          {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
          <Input label={t("new_email")} hint={t("new_email_hint")} type="email" autoComplete="email" error={wrong(form.formState.errors.email)} {...form.register("email")} />
          <Button type="submit" look="secondary" className="self-start" busy={change.isPending}>{t("change_email")}</Button>
        </form>
      )}
    </Section>
  );
}
