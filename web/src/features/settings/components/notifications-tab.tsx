"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Schemas } from "@/shared/api/client";
import { LOCALES, NAMES } from "@/shared/i18n/locales";
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
  const [quiet, setQuiet] = useState(kept.quiet_from !== null);
  const [from, setFrom] = useState(kept.quiet_from?.slice(0, 5) ?? "21:00");
  const [to, setTo] = useState(kept.quiet_to?.slice(0, 5) ?? "08:00");
  const [language, setLanguage] = useState(kept.language ?? "");
  const choose = useChoose(kept.client_id);
  const say = useToast();
  function toggle(channel: (typeof CHANNELS)[number], on: boolean) {
    setChannels(CHANNELS.filter((each) => (each === channel ? on : channels.includes(each))));
  }
  function save() {
    const body = { channels, quiet_from: quiet ? from : null, quiet_to: quiet ? to : null, language: (language || null) as "uz" | null };
    choose.mutate(body, { onSuccess: () => say.done(common("saved")), onError: say.failed });
  }
  return (
    <Section title={t("title")} text={t("text")} className="max-w-2xl">
      <div className="flex flex-col gap-6">
        <fieldset>
          <legend className="mb-1 text-sm font-medium">{t("channels")}</legend>
          {CHANNELS.map((each) => <Checkbox key={each} label={t(`channel.${each}`)} checked={channels.includes(each)} onChange={(event) => toggle(each, event.target.checked)} />)}
          <p className="text-sm text-muted">{t("channels_hint")}</p>
        </fieldset>
        <fieldset>
          <legend className="sr-only">{t("quiet")}</legend>
          <Checkbox label={t("quiet")} hint={t("quiet_hint")} checked={quiet} onChange={(event) => setQuiet(event.target.checked)} />
          {quiet && (
            <div className="mt-2 grid max-w-sm grid-cols-2 gap-4">
              <Input label={t("from")} type="time" value={from} onChange={(event) => setFrom(event.target.value)} />
              <Input label={t("to")} type="time" value={to} onChange={(event) => setTo(event.target.value)} />
            </div>
          )}
        </fieldset>
        <Select label={t("language")} empty={t("language_own")} options={LOCALES.map((value) => ({ value, label: NAMES[value] }))} value={language} onChange={(event) => setLanguage(event.target.value)} className="max-w-sm" />
        <Button className="self-start" busy={choose.isPending} onClick={save}>{common("save")}</Button>
      </div>
    </Section>
  );
}
