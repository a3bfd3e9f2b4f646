"use client";

import { useTranslations } from "next-intl";
import { actFor } from "@/shared/api/acting";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { PageHeader, Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useMakeOrganisation } from "../api";

/** Name an organisation of one's own; the desk finds its client by tax id and subscriber code. */
export function NewOrganisation({ first = false }: { first?: boolean }) {
  const t = useTranslations("organisation");
  const common = useTranslations("common");
  const form = useZodForm(async () => (await import("../schema")).organisation, { inn: "", name: "", code: "" });
  const make = useMakeOrganisation();
  const wrong = useWrong();
  const say = useErrorText();
  const refused = useRefused(form, make.error, { "organisation.owned": "inn" });
  const errors = form.formState.errors;
  const submit = form.handleSubmit(({ inn, name, code }) =>
    make.mutate({ inn, name, code: code || null }, { onSuccess: (made) => { actFor(made.organisation_id); form.reset(); } }),
  );
  return (
    <>
      {first && <PageHeader title={t("first")} text={t("first_text")} />}
      <Section title={first ? undefined : t("another")} className="max-w-2xl">
        <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
          {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
          <div className="grid gap-4 sm:grid-cols-[11rem_1fr]">
            <Input label={t("inn")} inputMode="numeric" error={wrong(errors.inn)} {...form.register("inn")} />
            <Input label={t("name")} error={wrong(errors.name)} {...form.register("name")} />
          </div>
          <Input label={t("code")} hint={t("code_hint")} optional={common("optional")} inputMode="numeric" error={wrong(errors.code)} {...form.register("code")} />
          <Button type="submit" className="self-start" look={first ? "primary" : "secondary"} busy={make.isPending}>{t("make")}</Button>
        </form>
      </Section>
    </>
  );
}
