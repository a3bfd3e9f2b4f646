"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Calculator, LifeBuoy } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { SlotPicker } from "@/features/requests/components/slot-picker";
import { ApiError } from "@/shared/api/client";
import { Link, useGo } from "@/shared/i18n/link";
import { useWrong } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useAsking, type Asked } from "../asking";
import { Articles } from "./articles";
import { Choices } from "./choices";
import { FileDrop } from "./file-drop";
import { Question } from "./question";

/** The form of a new request. */
export function AskForm() {
  const t = useTranslations("new");
  const { form, make, send, found, restart } = useAsking();
  const [files, setFiles] = useState<File[]>([]);
  const queries = useQueryClient();
  const say = useToast();
  const errorText = useErrorText();
  const wrong = useWrong();
  const go = useGo();
  const whenRef = useRef<HTMLDivElement>(null);
  const asked = form.watch();
  const errors = form.formState.errors;
  const accounting = asked.kind === "accounting";
  const set = (more: Partial<Asked>) => {
    for (const [name, value] of Object.entries(more)) form.setValue(name as keyof Asked, value);
    if (form.formState.isSubmitted) void form.trigger();
  };
  const noSlot = errors.slot !== undefined;
  useEffect(() => {
    if (noSlot) whenRef.current?.focus();
  }, [noSlot, form.formState.submitCount]);
  const submit = form.handleSubmit((values) =>
    send(
      values,
      files,
      ({ id, filesLost }) => {
        if (filesLost) say.failed(filesLost);
        say.done(t(filesLost ? "files_failed" : "sent"));
        go(`/request?id=${id}`, "replace");
      },
      // The hour may just have been taken by somebody else.
      () => void queries.invalidateQueries({ queryKey: ["slots"] }),
    ),
  );
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      <form onSubmit={(event) => void submit(event)} noValidate className="flex max-w-3xl flex-col gap-5">
        {found && (
          <div role="status" className="flex flex-wrap items-center justify-between gap-x-4 rounded-xl bg-info-soft py-1 pr-1 pl-4 text-info">
            <span className="py-2">{t("restored")}</span>
            <Button look="quiet" className="max-sm:-ml-4" onClick={restart}>{t("restart")}</Button>
          </div>
        )}
        <Choices
          legend={t("kind")}
          value={asked.kind}
          onChange={(value) => set({ kind: value as Asked["kind"] })}
          options={[
            { value: "accounting", label: t("accounting"), text: t("accounting_text"), icon: Calculator },
            { value: "support", label: t("support"), text: t("support_text"), icon: LifeBuoy },
          ]}
        />
        <Section title={t("subject")}>
          <Question accounting={accounting} asked={asked} onChange={set} words={form.register("words")} error={errors.words?.message === "need_words" ? t("need_words") : wrong(errors.words)} />
          <Articles words={asked.words} />
        </Section>
        <Section title={t("files")} text={t("files_hint")}><FileDrop files={files} onChange={setFiles} /></Section>
        {accounting && (
          <Section title={t("when")} text={t("when_text")}>
            <div ref={whenRef} tabIndex={-1} className="flex flex-col gap-5 outline-none">
              <Choices small legend={t("when")} value={asked.when} onChange={(value) => set({ when: value as Asked["when"] })} options={[{ value: "soon", label: t("soon") }, { value: "later", label: t("at_time") }]} />
              {noSlot && <Notice tone="bad">{t("need_slot")}</Notice>}
              {asked.when === "later" && <SlotPicker category={asked.category || null} value={asked.slot || null} onChange={(slot) => set({ slot })} onGone={() => set({ slot: "" })} />}
            </div>
          </Section>
        )}
        {make.error && (
          <Notice tone="bad">
            {errorText(make.error)}{" "}
            {make.error instanceof ApiError && make.error.code === "consultation.support_open" && <Link href="/requests?state=going" className="inline-flex min-h-11 items-center font-medium underline underline-offset-4">{t("open_one")}</Link>}
          </Notice>
        )}
        <Button type="submit" wide className="sm:w-auto sm:self-start sm:px-8" busy={make.isPending}>{t("submit")}</Button>
      </form>
    </>
  );
}
