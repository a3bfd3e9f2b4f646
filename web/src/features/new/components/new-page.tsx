"use client";

import { Calculator, LifeBuoy } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { Suspense, useRef, useState } from "react";
import { KINDS, type KindName } from "@/features/requests/kinds";
import { SlotPicker } from "@/features/requests/components/slot-picker";
import { useSession } from "@/features/session/api";
import { useMay } from "@/features/session/me";
import { useGo } from "@/shared/i18n/link";
import { Button } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useMake } from "../api";
import { Articles } from "./articles";
import { Choices } from "./choices";
import { FileDrop } from "./file-drop";
import { Question, type Asked } from "./question";
import { SOFTWARE, type SoftwareName } from "./software";

const NOTHING: Asked = { category: "", typical: "", words: "", software: "" };

/** A new request: what it is about, the question, files, and when to call. */
export function NewPage() {
  const t = useTranslations("new");
  const home = useTranslations("home");
  const session = useSession().data;
  const may = useMay("consultations:create");
  // Without a client of the desk behind it an organisation can't ask: its staff say first which one it is.
  const why = !may ? t("only_look") : session && !session.client_id ? home("unsure") : null;
  if (why) return <><PageHeader title={t("title")} /><Notice tone="warn">{why}</Notice></>;
  return <Suspense><Form /></Suspense>;
}

function Form() {
  const t = useTranslations("new");
  const locale = useLocale();
  const given = useSearchParams().get("kind");
  const [kind, setKind] = useState<KindName>(given === "support" ? "support" : "accounting");
  const [asked, setAsked] = useState<Asked>(NOTHING);
  const [files, setFiles] = useState<File[]>([]);
  const [soon, setSoon] = useState(true);
  const [slot, setSlot] = useState<string | null>(null);
  const [missing, setMissing] = useState<"need_words" | "need_slot" | null>(null);
  const key = useRef<string | null>(null);
  const client = useSession().data?.client_id;
  const make = useMake();
  const say = useToast();
  const errorText = useErrorText();
  const go = useGo();
  const accounting = kind === "accounting";

  function submit() {
    const words = asked.words.trim();
    if (!words && !asked.typical) return setMissing("need_words");
    if (accounting && !soon && !slot) return setMissing("need_slot");
    setMissing(null);
    key.current ??= crypto.randomUUID();
    make.mutate(
      {
        key: key.current,
        files,
        body: {
          client_id: client ?? null, consultation_type: KINDS[kind], lang: locale, comment: words || null, topic: null, importance: null,
          online_question_cat: (accounting && asked.category) || null, online_question: (accounting && asked.typical) || null,
          selected_software: accounting || !asked.software ? null : SOFTWARE[asked.software as SoftwareName],
          scheduled_at: accounting && !soon ? slot : null,
        },
      },
      {
        onSuccess: ({ id, filesLost }) => {
          say.done(t(filesLost ? "files_failed" : "sent"));
          go(`/request?id=${id}`, "replace");
        },
        onSettled: () => { key.current = null; },
      },
    );
  }

  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      <div className="flex max-w-3xl flex-col gap-5">
        <Choices
          legend={t("kind")}
          value={kind}
          onChange={(value) => setKind(value as KindName)}
          options={[
            { value: "accounting", label: t("accounting"), text: t("accounting_text"), icon: Calculator },
            { value: "support", label: t("support"), text: t("support_text"), icon: LifeBuoy },
          ]}
        />
        <Section title={t("subject")}>
          <Question accounting={accounting} asked={asked} onChange={(more) => { setAsked({ ...asked, ...more }); setMissing(null); }} />
          <Articles words={asked.words} />
        </Section>
        <Section title={t("files")} text={t("files_hint")}><FileDrop files={files} onChange={setFiles} /></Section>
        {accounting && (
          <Section title={t("when")} text={t("when_text")}>
            <div className="flex flex-col gap-5">
              <Choices small legend={t("when")} value={soon ? "soon" : "later"} onChange={(value) => setSoon(value === "soon")} options={[{ value: "soon", label: t("soon") }, { value: "later", label: t("at_time") }]} />
              {!soon && <SlotPicker category={asked.category || null} value={slot} onChange={(value) => { setSlot(value); setMissing(null); }} />}
            </div>
          </Section>
        )}
        {missing && <Notice tone="bad">{t(missing)}</Notice>}
        {make.error && <Notice tone="bad">{errorText(make.error)}</Notice>}
        <Button wide className="sm:self-start sm:px-8" busy={make.isPending} onClick={submit}>{t("submit")}</Button>
      </div>
    </>
  );
}
