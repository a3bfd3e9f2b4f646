"use client";

import { useQuery } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { LOCALES, NAMES } from "@/shared/i18n/locales";
import { useCodes } from "@/shared/lib/codes";
import { useInAddress } from "@/shared/lib/address";
import { Badge } from "@/shared/ui/badge";
import { Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { samplesQuery, type Sample } from "../api";

const CHANNELS = ["chatwoot", "telegram", "email"] as const;

/** Every message that the platform sends, as each channel shows it. */
export function Messages() {
  const t = useTranslations("words");
  const [language, setLanguage] = useInAddress("language", useLocale(), LOCALES);
  const [audience, setAudience] = useInAddress("audience", "", ["clients", "staff"]);
  const query = useQuery(samplesQuery);
  const options = LOCALES.map((value) => ({ value, label: NAMES[value] }));
  const fits = (each: Sample) => audience === "" || each.staff === (audience === "staff");
  return (
    <div className="flex flex-col gap-5">
      <div className="grid gap-4 sm:max-w-lg sm:grid-cols-2">
        <Select label={t("messages.language")} options={options} value={language} onChange={(event) => setLanguage(event.target.value)} />
        <Select label={t("messages.audience")} empty={t("messages.everybody")} options={(["clients", "staff"] as const).map((value) => ({ value, label: t(`messages.${value}`) }))} value={audience} onChange={(event) => setAudience(event.target.value)} />
      </div>
      <Loaded query={query}>
        {(samples) => <>{samples.filter(fits).map((each) => <One key={`${each.type}/${each.case}/${each.kind}`} sample={each} language={language} />)}</>}
      </Loaded>
    </div>
  );
}

/** What people read: Chatwoot is sent Markdown, in which names are escaped. */
function read(channel: string, text: string): string {
  return channel === "chatwoot" ? text.trim().replace(/\\([\\`*_[\]<>#~|!])/g, "$1") : text.trim();
}

function One({ sample, language }: { sample: Sample; language: string }) {
  const t = useTranslations("words");
  const codes = useCodes();
  const forms = sample.forms[language] ?? {};
  return (
    <Section title={<span className="flex flex-wrap items-center gap-2"><span title={sample.type}>{[codes("type", sample.type), sample.case && codes("case", sample.case)].filter(Boolean).join(" · ")}</span><Badge tone={sample.staff ? "info" : "accent"}>{t(sample.staff ? "messages.staff" : "messages.clients")}</Badge>{sample.kind === "support" && <Badge>{t("messages.support")}</Badge>}</span>}>
      <div className="grid gap-4 lg:grid-cols-3">
        {CHANNELS.map((channel) => (
          <div key={channel} className="min-w-0">
            <p className="mb-1.5 text-sm text-muted">{t(`messages.${channel}`)}</p>
            <div lang={language} className="rounded-xl bg-sunken px-4 py-3 text-[0.95rem] break-words whitespace-pre-line">
              {forms[channel] ? <>{forms[channel].subject && <strong className="mb-1 block font-semibold">{forms[channel].subject}</strong>}{read(channel, forms[channel].text)}</> : <span className="text-muted">{t("messages.not_here")}</span>}
            </div>
          </div>
        ))}
      </div>
    </Section>
  );
}
