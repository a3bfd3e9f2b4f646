"use client";

import { useLocale, useTranslations } from "next-intl";
import { useId } from "react";
import { useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Checkbox, Input, Select } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { NAMES, useReportSettings, type Schedule } from "../api";
import type { ScheduleForm } from "../schema";

/** Makes a schedule, or changes one. */
export function ScheduleDialog({ given, onClose }: { given?: Schedule; onClose: () => void }) {
  const t = useTranslations("reports");
  const locale = useLocale();
  const say = useErrorText();
  const id = useId();
  const { save } = useReportSettings();
  const form = useZodForm<ScheduleForm>(
    async () => (await import("../schema")).scheduleSchema,
    given
      ? ({ ...given, at: given.at.slice(0, 5) } as ScheduleForm)
      : { report: "volume", period: "week", at: "09:00", format: "xlsx", channel: "email", recipient: "", language: locale, active: true },
  );
  const email = form.watch("channel") === "email";
  const wrong = form.formState.errors.recipient ? t(email ? "schedule.wrong_address" : "schedule.wrong_chat") : undefined;
  async function go(value: ScheduleForm) {
    await save.mutateAsync({ id: given?.schedule_id, body: { ...value, filters: given?.filters ?? {} } }).then(onClose, () => undefined);
  }
  const options = <T extends string>(values: readonly T[], label: (value: T) => string) => values.map((value) => ({ value, label: label(value) }));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(given ? "schedule.edit" : "schedule.add")}
      footer={<Button type="submit" form={id} busy={save.isPending}>{t("schedule.save")}</Button>}
    >
      <form id={id} noValidate onSubmit={(event) => void form.handleSubmit(go)(event)} className="grid gap-4 sm:grid-cols-2">
        {save.error !== null && <div className="sm:col-span-2"><Notice tone="bad">{say(save.error)}</Notice></div>}
        <Select label={t("report")} options={options(NAMES, (value) => t(`name.${value}`))} {...form.register("report")} />
        <Select label={t("schedule.when")} options={options(["day", "week", "month"] as const, (value) => t(`schedule.period.${value}`))} {...form.register("period")} />
        <Input type="time" label={t("schedule.time")} {...form.register("at")} />
        <Select label={t("schedule.format")} options={options(["xlsx", "pdf", "csv"] as const, (value) => t(`file.${value}`))} {...form.register("format")} />
        <Select label={t("schedule.channel")} options={options(["email", "telegram"] as const, (value) => t(`schedule.by.${value}`))} {...form.register("channel")} />
        <Input label={t("schedule.recipient")} hint={t(email ? "schedule.address_hint" : "schedule.chat_hint")} error={wrong} autoComplete="off" {...form.register("recipient")} />
        <Select label={t("schedule.language")} options={options(["uz", "ru", "en"] as const, (value) => t(`language.${value}`))} {...form.register("language")} />
        <div className="self-end"><Checkbox label={t("schedule.active")} {...form.register("active")} /></div>
      </form>
    </Dialog>
  );
}
