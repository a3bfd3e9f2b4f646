"use client";

import { useQuery } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { methodsQuery } from "@/features/session/outside";
import { Strength } from "@/features/session/strength";
import { Link } from "@/shared/i18n/link";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Checkbox, Input } from "@/shared/ui/field";
import { EmptyState, Notice, useErrorText } from "@/shared/ui/state";
import { useRegister } from "../api";
import { PasswordInput } from "./password-input";

/** A new account; the letter's link makes it real. */
export function SignUpPage() {
  const t = useTranslations("auth.register");
  const locale = useLocale();
  const invited = useSearchParams().has("invited");
  const [company, setCompany] = useState(!invited);
  const form = useZodForm(async () => (await import("../schema"))[company ? "company" : "person"], { name: "", email: "", password: "", inn: "", company: "", code: "" });
  const register = useRegister();
  const methods = useQuery(methodsQuery).data;
  const say = useErrorText();
  const wrong = useWrong();
  const refused = useRefused(form, register.error, { "password.weak": "password", "password.breached": "password", "organisation.name": "company" });
  const errors = form.formState.errors;
  const values = form.watch();
  if (register.isSuccess) {
    return <EmptyState icon={<MailCheck className="size-6" />} title={t("sent")} text={t("sent_text", { email: values.email })} />;
  }
  const submit = form.handleSubmit((given) => {
    const organisation = company ? { inn: given.inn, name: given.company, code: given.code || null } : null;
    register.mutate({ name: given.name, email: given.email, password: given.password, language: locale, organisation });
  });
  return (
    <>
      <h1 className="text-2xl font-semibold">{t("title")}</h1>
      <p className="mt-1.5 mb-6 text-muted">{t(invited ? "text_invited" : "text")}</p>
      {methods && !methods.registration && <Notice tone="warn">{t("closed")}</Notice>}
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        <Input label={t("name")} autoComplete="name" error={wrong(errors.name)} {...form.register("name")} />
        <Input label={t("email")} type="email" autoComplete="email" error={wrong(errors.email)} {...form.register("email")} />
        <PasswordField label={t("password_hint")} error={wrong(errors.password)} field={form.register("password")} />
        <Strength password={values.password} about={[values.email, values.name].filter(Boolean)} />
        {invited ? null : <Checkbox label={t("company")} checked={company} onChange={(event) => setCompany(event.target.checked)} />}
        {company && (
          <>
            <div className="grid gap-4 sm:grid-cols-[10rem_1fr]">
              <Input label={t("inn")} inputMode="numeric" error={wrong(errors.inn)} {...form.register("inn")} />
              <Input label={t("company_name")} autoComplete="organization" error={wrong(errors.company)} {...form.register("company")} />
            </div>
            <Optional error={wrong(errors.code)} field={form.register("code")} />
          </>
        )}
        {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
        <Button type="submit" wide busy={register.isPending}>{t("submit")}</Button>
      </form>
      <p className="mt-5 text-center text-[0.95rem] text-muted">
        {t("have")} <SignInLink />
      </p>
    </>
  );
}

type Field = ReturnType<ReturnType<typeof useZodForm>["register"]>;

function PasswordField({ label, error, field }: { label: string; error?: string; field: object }) {
  const t = useTranslations("auth");
  return <PasswordInput label={t("password")} hint={label} autoComplete="new-password" error={error} {...(field as Field)} />;
}

function Optional({ error, field }: { error?: string; field: object }) {
  const t = useTranslations("auth.register");
  const common = useTranslations("common");
  return <Input label={t("code")} hint={t("code_hint")} optional={common("optional")} inputMode="numeric" error={error} {...(field as Field)} />;
}

function SignInLink() {
  const t = useTranslations("auth");
  return <Link href="/sign-in" className="inline-flex min-h-11 items-center font-medium text-accent-strong hover:underline">{t("sign_in")}</Link>;
}
