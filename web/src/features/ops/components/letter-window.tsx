"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRole } from "@/features/session/api";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { TextArea } from "@/shared/ui/field";
import { Loaded, Notice } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import type { Schemas } from "@/shared/api/client";
import { letterQuery, useLetterAct, type Letter, type LetterKind } from "../api";

type Payload = { [name: string]: unknown };

/** A dead letter in full: what it holds can be edited before the next try. */
export function LetterWindow({ letter, onClose }: { letter: Letter; onClose: () => void }) {
  const t = useTranslations("ops");
  const query = useQuery(letterQuery(letter));
  const [held, setHeld] = useState(false);
  return (
    <Dialog open onClose={onClose} held={held} title={t("letters.one")} text={letter.error ?? undefined}>
      <Loaded query={query}>{(whole) => <Whole whole={whole} onEdited={setHeld} onClose={onClose} />}</Loaded>
    </Dialog>
  );
}

function Whole({ whole, onEdited, onClose }: { whole: Schemas["LetterWholeOut"]; onEdited: (edited: boolean) => void; onClose: () => void }) {
  const t = useTranslations("ops");
  const say = useToast();
  const act = useLetterAct();
  const role = useRole();
  const before = JSON.stringify(whole.payload, null, 2);
  const [text, setText] = useState(before);
  const edited = text !== before;
  const payload = parsed(text);
  const go = (what: "retry" | "drop") =>
    act.mutate(
      { kind: whole.kind as LetterKind, id: whole.id, act: what, payload: what === "retry" && edited && payload ? payload : null },
      { onSuccess: (done) => { say.done(t(`letters.state.${done.state}`)); onClose(); }, onError: say.failed },
    );
  return (
    <div className="flex flex-col gap-4">
      {!whole.repeatable && <Notice tone="warn">{t(whole.kind === "letter" ? "letters.over" : "letters.not_repeated")}</Notice>}
      <TextArea
        label={t("letters.payload")}
        hint={t(whole.editable ? "letters.editable" : whole.kind === "letter" ? "letters.hidden" : "letters.not_editable")}
        error={edited && !payload ? t("letters.no_json") : undefined}
        rows={14}
        spellCheck={false}
        readOnly={!whole.editable || role === "auditor"}
        value={text}
        onChange={(event) => { setText(event.target.value); onEdited(event.target.value !== before); }}
        className="font-mono text-sm"
      />
      {role !== "auditor" && (
        <div className="flex flex-wrap justify-end gap-2">
          <Button look="danger" busy={act.isPending} onClick={() => go("drop")}>{t("letters.drop")}</Button>
          {whole.repeatable && <Button busy={act.isPending} disabled={edited && !payload} onClick={() => go("retry")}>{t(edited ? "letters.retry_edited" : "letters.retry")}</Button>}
        </div>
      )}
    </div>
  );
}

function parsed(text: string): Payload | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Payload) : null;
  } catch {
    return null;
  }
}
