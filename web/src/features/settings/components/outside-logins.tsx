"use client";

import { useQuery } from "@tanstack/react-query";
import { ExternalLink, Send } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import type { Me } from "@/features/session/me";
import { methodsQuery, oidcStart, refusal } from "@/features/session/outside";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Badge } from "@/shared/ui/badge";
import { Button, buttonLook } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useProve, useStartTelegram, useTieTelegram, useUntieProvider, useUntieTelegram } from "../api";

/** What became of tying an account, as the address says when one comes back from the provider. */
export function CameBack({ me }: { me: Me }) {
  const t = useTranslations("settings.outside");
  const given = useSearchParams();
  const error = given.get("error");
  if (given.get("linked") === "oidc" && me.oidc) return <div className="mb-5"><Notice tone="good">{t("linked")}</Notice></div>;
  if (!error) return null;
  return <div className="mb-5"><Notice tone="bad">{t(refusal(error))}</Notice></div>;
}

/** Other services by which this person signs in. */
export function OutsideLogins({ me }: { me: Me }) {
  const t = useTranslations("settings.outside");
  const methods = useQuery(methodsQuery).data;
  if (!methods?.oidc && !methods?.telegram) return null;
  return (
    <Section title={t("title")} text={t("text")}>
      <ul className="flex flex-col divide-y divide-line">
        {methods.telegram && <li className="py-3 first:pt-0 last:pb-0"><Telegram tied={me.telegram} /></li>}
        {methods.oidc && <li className="py-3 first:pt-0 last:pb-0"><Provider name={methods.oidc} tied={me.oidc} /></li>}
      </ul>
    </Section>
  );
}

function Head({ name, tied }: { name: string; tied: boolean }) {
  const t = useTranslations("settings.outside");
  return <p className="flex flex-wrap items-center gap-3 font-medium">{name}<Badge tone={tied ? "good" : "plain"} dot>{t(tied ? "tied" : "untied")}</Badge></p>;
}

function Untie({ name, text, act }: { name: string; text: string; act: () => Promise<unknown> }) {
  const t = useTranslations("settings.outside");
  const say = useToast();
  async function drop() {
    try {
      await act();
      say.done(t("untied_now", { name }));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return <ConfirmButton label={t("untie")} title={t("untie_title", { name })} text={text} act={drop} />;
}

function Provider({ name, tied }: { name: string; tied: boolean }) {
  const t = useTranslations("settings.outside");
  const locale = useLocale();
  const prove = useProve();
  const untie = useUntieProvider();
  const say = useToast();
  const leave = () => window.location.assign(oidcStart(locale, { tie: true }));
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <Head name={name} tied={tied} />
      {!tied && <Button look="secondary" busy={prove.isPending} onClick={() => prove.mutate(undefined, { onSuccess: leave, onError: say.failed })}>{t("tie")}<ExternalLink aria-hidden className="size-4" /></Button>}
      {tied && <Untie name={name} text={t("untie_text_provider")} act={() => untie.mutateAsync()} />}
    </div>
  );
}

function Telegram({ tied }: { tied: boolean }) {
  const t = useTranslations("settings.outside");
  const start = useStartTelegram();
  const untie = useUntieTelegram();
  const say = useToast();
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Head name="Telegram" tied={tied} />
        {tied && <Untie name="Telegram" text={t("untie_text")} act={() => untie.mutateAsync()} />}
        {!tied && !start.data && <Button look="secondary" busy={start.isPending} onClick={() => start.mutate(undefined, { onError: say.failed })}>{t("tie")}</Button>}
      </div>
      {!tied && start.data && <TelegramCode begun={start.data} />}
    </div>
  );
}

function TelegramCode({ begun }: { begun: NonNullable<ReturnType<typeof useStartTelegram>["data"]> }) {
  const t = useTranslations("settings.outside");
  const tie = useTieTelegram();
  const say = useToast();
  const errorText = useErrorText();
  const form = useZodForm(async () => (await import("../schema")).proof, { code: "" });
  const wrong = useWrong();
  const submit = form.handleSubmit(({ code }) => tie.mutate({ ticket: begun.ticket, code }, { onSuccess: () => say.done(t("linked")) }));
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {tie.error && <Notice tone="bad">{errorText(tie.error)}</Notice>}
      <p className="text-muted">{t("telegram_text")}</p>
      {begun.url ? <a href={begun.url} target="_blank" rel="noreferrer" className={buttonLook("secondary", true)}><Send aria-hidden className="size-4.5" />{t("open_bot")}</a> : <p className="font-mono break-all select-all">{t("send", { start: `/start ${begun.start}` })}</p>}
      <Input label={t("code")} inputMode="numeric" autoComplete="one-time-code" error={wrong(form.formState.errors.code)} {...form.register("code")} />
      <Button type="submit" className="self-start" busy={tie.isPending}>{t("tie")}</Button>
    </form>
  );
}
