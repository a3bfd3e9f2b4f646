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

/**
 * A window in which the texts of an element are changed; they are written to 1C, which owns them. When somebody was
 * faster, it shows what stands there `now`, and one may write over that.
 */
export function Editor({ kind, word, now, onClose }: { kind: WordKind; word: Word | null; now?: Word; onClose: () => void }) {
  const t = useTranslations("words");
  const say = useToast();
  const errorText = useErrorText();
  const write = useWrite(kind);
  const id = useId();
  const form = useZodForm<Texts>(async () => (await import("../schema")).texts, {
    description: word?.description ?? "", question: word?.question ?? "", answer: word?.answer ?? word?.useful_info ?? "",
  });
  const late = write.error instanceof ApiError && write.error.code === "dictionary.changed";
  const fresh = late && now && now.version !== write.variables?.word?.version ? now : null;
  const save = form.handleSubmit((given) => write.mutate({ ...given, word: fresh ?? word }, { onSuccess: () => { say.done(t("written")); onClose(); } }));
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
          <Button type="submit" form={id} busy={write.isPending} disabled={late && !fresh}>{t(fresh ? "overwrite" : "write")}</Button>
        </>
      }
    >
      <form id={id} onSubmit={(event) => void save(event)} className="flex flex-col gap-4" noValidate>
        {write.error && <Notice tone="bad">{errorText(write.error)}</Notice>}
        {fresh && <Now word={fresh} />}
        <Input label={t("name")} {...form.register("description")} error={form.formState.errors.description && t("needed")} />
        <TextArea label={t("question")} rows={3} {...form.register("question")} />
        <TextArea label={t(kind === "articles" ? "answer" : "useful")} rows={8} {...form.register("answer")} />
      </form>
    </Dialog>
  );
}

function Now({ word }: { word: Word }) {
  const t = useTranslations("words");
  return (
    <section className="max-h-60 overflow-y-auto rounded-xl bg-sunken px-4 py-3 text-[0.95rem] break-words" tabIndex={0} aria-label={t("now")}>
      <h3 className="text-sm text-muted">{t("now")}</h3>
      <p className="font-medium">{word.description}</p>
      {word.question && <p className="mt-1 whitespace-pre-line">{word.question}</p>}
      {(word.answer ?? word.useful_info) && <p className="mt-1 whitespace-pre-line">{word.answer ?? word.useful_info}</p>}
    </section>
  );
}
