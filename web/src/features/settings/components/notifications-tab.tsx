"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Schemas } from "@/shared/api/client";
import { LOCALES, NAMES } from "@/shared/i18n/locales";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Checkbox, Input, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { preferencesQuery, useChoose } from "../api";

const CHANNELS = ["telegram", "email", "chatwoot", "live"] as const;

/** By what the client is told, when not, and in which language. */
export function NotificationsTab({ client }: { client: string }) {
  const query = useQuery(preferencesQuery(client));
  return <Loaded query={query}>{(kept) => <Form key={JSON.stringify(kept)} kept={kept} />}</Loaded>;
}

function Form({ kept }: { kept: Schemas["PreferencesOut"] }) {
  const t = useTranslations("settings.notifications");
  const common = useTranslations("common");
  const [channels, setChannels] = useState(kept.channels);
  const form = useZodForm(async () => (await import("../schema")).preferences, {
    quiet: kept.quiet_from !== null,
    from: kept.quiet_from?.slice(0, 5) ?? "21:00",
    to: kept.quiet_to?.slice(0, 5) ?? "08:00",
    language: (kept.language ?? "") as string,
  });
  const wrong = useWrong();
  const errors = form.formState.errors;
  const choose = useChoose(kept.client_id);
  const say = useToast();
  function toggle(channel: (typeof CHANNELS)[number], on: boolean) {
    setChannels(CHANNELS.filter((each) => (each === channel ? on : channels.includes(each))));
  }
  const save = form.handleSubmit(({ quiet, from, to, language }) => {
    const body = { channels, quiet_from: quiet ? from : null, quiet_to: quiet ? to : null, language: (language || null) as "uz" | null };
    choose.mutate(body, { onSuccess: () => say.done(common("saved")), onError: say.failed });
  });
  return (
    <Section title={t("title")} text={t("text")} className="max-w-2xl">
      <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-6">
        <fieldset>
          <legend className="mb-1 text-sm font-medium">{t("channels")}</legend>
          {CHANNELS.map((each) => <Checkbox key={each} label={t(`channel.${each}`)} checked={channels.includes(each)} onChange={(event) => toggle(each, event.target.checked)} />)}
          <p className="text-sm text-muted">{t("channels_hint")}</p>
        </fieldset>
        <fieldset>
          <legend className="sr-only">{t("quiet")}</legend>
          <Checkbox label={t("quiet")} hint={t("quiet_hint")} {...form.register("quiet")} />
          {form.watch("quiet") && (
            <div className="mt-2 grid max-w-sm grid-cols-2 gap-4">
              <Input label={t("from")} type="time" error={wrong(errors.from)} {...form.register("from")} />
              <Input label={t("to")} type="time" error={wrong(errors.to)} {...form.register("to")} />
            </div>
          )}
        </fieldset>
        <Select label={t("language")} empty={t("language_own")} options={LOCALES.map((value) => ({ value, label: NAMES[value] }))} className="max-w-sm" {...form.register("language")} />
        <Button type="submit" className="self-start" busy={choose.isPending}>{common("save")}</Button>
      </form>
    </Section>
  );
}
