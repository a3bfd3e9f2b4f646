"use client";

import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useId, useState } from "react";
import { useRole } from "@/features/session/api";
import { useZodForm } from "@/shared/lib/form";
import { Badge } from "@/shared/ui/badge";
import { Button, IconButton } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Checkbox, Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { askedQuery, useAsk, type Asked as Question } from "../api";

/** What clients are asked when a consultation is over: ours, in three languages. */
export function Asked() {
  const t = useTranslations("words");
  const language = useLocale();
  const role = useRole();
  const may = role === "head" || role === "administrator";
  const [edited, setEdited] = useState<Question | null>(null);
  const query = useQuery(askedQuery);
  const fresh = (rows: Question[]): Question => ({ number: Math.max(0, ...rows.map((each) => each.number)) + 1, uz: "", ru: "", en: "", active: true, position: rows.length + 1 });
  return (
    <Section flush title={t("asked.title")} text={t("asked.text")} actions={may && query.data && <Button look="secondary" onClick={() => setEdited(fresh(query.data))}><Plus aria-hidden className="size-4" />{t("asked.add")}</Button>}>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? <EmptyState title={t("asked.none")} /> : (
            <ul className="border-t border-line">
              {rows.map((row) => (
                <li key={row.number} className="flex items-center gap-3 border-b border-line px-5 py-2 last:border-0">
                  <span className="num w-6 text-muted">{row.number}</span>
                  <span className="min-w-0 flex-1 py-2">
                    <span className="font-medium">{row[language]}</span>
                    {(["uz", "ru", "en"] as const).filter((each) => each !== language).map((each) => <span key={each} lang={each} className="block text-sm text-muted">{row[each]}</span>)}
                  </span>
                  <Badge tone={row.active ? "good" : "plain"}>{t(row.active ? "asked.active" : "asked.retired")}</Badge>
                  {may && <IconButton label={t("edit", { name: row[language] })} onClick={() => setEdited(row)}><Pencil aria-hidden className="size-4" /></IconButton>}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited && <Edit question={edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}

function Edit({ question, onClose }: { question: Question; onClose: () => void }) {
  const t = useTranslations("words");
  const say = useToast();
  const ask = useAsk();
  const id = useId();
  const form = useZodForm(async () => (await import("../schema")).asked, question);
  const save = form.handleSubmit((given) =>
    ask.mutate({ ...given, number: question.number }, { onSuccess: () => { say.done(t("saved")); onClose(); }, onError: say.failed }),
  );
  return (
    <Dialog open onClose={onClose} held={form.formState.isDirty} title={t("asked.edit", { number: question.number })} text={t("asked.edit_text")} footer={<><Button look="secondary" onClick={onClose}>{t("cancel")}</Button><Button type="submit" form={id} busy={ask.isPending}>{t("save")}</Button></>}>
      <form id={id} onSubmit={(event) => void save(event)} className="flex flex-col gap-4" noValidate>
        {(["uz", "ru", "en"] as const).map((each) => <Input key={each} label={t(`language.${each}`)} lang={each} {...form.register(each)} error={form.formState.errors[each] && t("needed")} />)}
        <Input type="number" label={t("asked.position")} {...form.register("position", { valueAsNumber: true })} error={form.formState.errors.position && t("needed")} />
        <Checkbox label={t("asked.active_label")} {...form.register("active")} />
      </form>
    </Dialog>
  );
}
