"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import { ApiError } from "@/shared/api/client";
import { useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input, TextArea } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useWrite, type Texts, type Word, type WordKind } from "../api";

/** A window in which the texts of an element are changed; they are written to 1C, which owns them. */
export function Editor({ kind, word, onClose }: { kind: WordKind; word: Word | null; onClose: () => void }) {
  const t = useTranslations("words");
  const say = useToast();
  const errorText = useErrorText();
  const write = useWrite(kind, word);
  const id = useId();
  const form = useZodForm<Texts>(async () => (await import("../schema")).texts, {
    description: word?.description ?? "", question: word?.question ?? "", answer: word?.answer ?? word?.useful_info ?? "",
  });
  const save = form.handleSubmit((given) => write.mutate(given, { onSuccess: () => { say.done(t("written")); onClose(); } }));
  const late = write.error instanceof ApiError && write.error.code === "dictionary.changed";
  return (
    <Dialog
      open
      onClose={onClose}
      held={form.formState.isDirty}
      title={t(word ? `${kind}.edit` : "articles.write")}
      text={t("owned")}
      footer={
        <>
          <Button look="secondary" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form={id} busy={write.isPending} disabled={late}>{t("write")}</Button>
        </>
      }
    >
      <form id={id} onSubmit={(event) => void save(event)} className="flex flex-col gap-4" noValidate>
        {write.error && <Notice tone="bad">{errorText(write.error)}</Notice>}
        <Input label={t("name")} {...form.register("description")} error={form.formState.errors.description && t("needed")} />
        <TextArea label={t("question")} rows={3} {...form.register("question")} />
        <TextArea label={t(kind === "articles" ? "answer" : "useful")} rows={8} {...form.register("answer")} />
      </form>
    </Dialog>
  );
}
