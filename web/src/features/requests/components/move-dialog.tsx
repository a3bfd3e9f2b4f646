"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { TextArea } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { useMove, type Request } from "../api";
import { SlotPicker } from "./slot-picker";

/** Another day and hour for a request. */
export function MoveDialog({ request, open, onClose }: { request: Request; open: boolean; onClose: () => void }) {
  const t = useTranslations("requests");
  const common = useTranslations("common");
  const [slot, setSlot] = useState<string | null>(null);
  const [why, setWhy] = useState("");
  const queries = useQueryClient();
  const move = useMove(request.cons_id);
  const say = useToast();
  const errorText = useErrorText();
  function submit() {
    if (!slot) return;
    const done = () => { say.done(t("moved")); onClose(); };
    // Somebody else may have taken the hour just now.
    const onError = () => void queries.invalidateQueries({ queryKey: ["slots"] });
    move.mutate({ new_date: slot, comment: why.trim() || null }, { onSuccess: done, onError });
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("move.title")}
      text={t("move.text")}
      footer={
        <>
          <Button look="secondary" onClick={onClose}>{common("back")}</Button>
          <Button disabled={!slot} busy={move.isPending} onClick={submit}>{t("move.submit")}</Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {move.error && <Notice tone="bad">{errorText(move.error)}</Notice>}
        <SlotPicker category={request.online_question_cat} moved={request.cons_id} value={slot} onChange={setSlot} onGone={() => setSlot(null)} none={t("move.none")} />
        <TextArea label={t("move.why")} optional={common("optional")} rows={2} maxLength={500} value={why} onChange={(event) => setWhy(event.target.value)} />
      </div>
    </Dialog>
  );
}
