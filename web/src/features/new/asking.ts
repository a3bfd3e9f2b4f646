"use client";

import { useLocale } from "next-intl";
import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { KINDS } from "@/features/requests/kinds";
import { useSession } from "@/features/session/api";
import { useDraft } from "@/features/session/draft";
import { ApiError, type Schemas } from "@/shared/api/client";
import { useZodForm } from "@/shared/lib/form";
import { useMake, type Made } from "./api";
import { SOFTWARE, type SoftwareName } from "./components/software";

export type Asked = { kind: "accounting" | "support"; category: string; typical: string; software: string; words: string; when: "soon" | "later"; slot: string };

const NOTHING: Asked = { kind: "accounting", category: "", typical: "", software: "", words: "", when: "soon", slot: "" };
const UNSENT = { body: "", key: "" };

/** The question that is being written: checked by its schema, kept as a draft, sent once. */
export function useAsking() {
  const given = useSearchParams().get("kind");
  const [draft, keep] = useDraft<Asked>("new", NOTHING);
  const [unsent, keepUnsent] = useDraft("new.unsent", UNSENT);
  const [found, setFound] = useState(draft.words !== "" || draft.typical !== "");
  const kind = given === "support" || given === "accounting" ? given : draft.kind;
  const form = useZodForm<Asked>(async () => (await import("./schema")).question, { ...NOTHING, ...draft, kind });
  const client = useSession().data?.client_id ?? null;
  const locale = useLocale();
  const make = useMake();
  const { watch } = form;
  useEffect(() => {
    const watching = watch((values) => keep({ ...NOTHING, ...values } as Asked));
    return () => watching.unsubscribe();
  }, [watch, keep]);

  /** Send it. The same words go by the same key, after a reload, too: an answer that was lost doubles nothing. */
  function send(asked: Asked, files: File[], onMade: (made: Made) => void, onError: () => void) {
    const body = bodyOf(asked, client, locale);
    const written = JSON.stringify(body);
    const key = unsent.body === written && unsent.key ? unsent.key : crypto.randomUUID();
    keepUnsent({ body: written, key });
    make.mutate({ key, files, body }, {
      onSuccess: (made) => { keep(null); keepUnsent(null); onMade(made); },
      onError: (error) => {
        // Refused for good: another try is another request.
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) keepUnsent(null);
        onError();
      },
    });
  }

  function restart() {
    form.reset({ ...NOTHING, kind });
    keep(null);
    setFound(false);
  }
  return { form, make, send, found, restart };
}

function bodyOf(asked: Asked, client: string | null, lang: string): Schemas["SimpleIn"] {
  const accounting = asked.kind === "accounting";
  return {
    client_id: client, consultation_type: KINDS[asked.kind], lang: lang as "uz", comment: asked.words || null, topic: null, importance: null,
    online_question_cat: (accounting && asked.category) || null, online_question: (accounting && asked.typical) || null,
    selected_software: accounting || !asked.software ? null : SOFTWARE[asked.software as SoftwareName],
    scheduled_at: accounting && asked.when === "later" ? asked.slot : null,
  };
}
