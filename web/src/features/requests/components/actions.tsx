"use client";

import { CalendarClock } from "lucide-react";
import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { useToast } from "@/shared/ui/toast";
import { useBefore } from "@/shared/lib/moment";
import { useCancel, type Request } from "../api";
import { kindOf } from "../kinds";

// Its days and hours weigh as much as the rest of the page, which is read more often than moved.
const MoveDialog = dynamic(() => import("./move-dialog").then((found) => found.MoveDialog));

/** Move a request that goes on, or take it back while that may be. */
export function Actions({ request }: { request: Request }) {
  const t = useTranslations("requests");
  const inTime = useBefore(request.cancel_before);
  const [moving, setMoving] = useState<boolean | null>(null);
  const cancel = useCancel(request.cons_id);
  const say = useToast();
  async function takeBack() {
    try {
      await cancel.mutateAsync();
      say.done(t("cancelled"));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return (
    <>
      {kindOf(request.consultation_type) === "accounting" && (
        <Button look="secondary" onClick={() => setMoving(true)}>
          <CalendarClock aria-hidden className="size-4.5" />
          {t("move.open")}
        </Button>
      )}
      {inTime
        ? <ConfirmButton label={t("cancel.open")} title={t("cancel.title")} text={t("cancel.text")} act={takeBack} />
        : <p className="max-w-72 self-center text-sm text-muted">{t("cancel.late")}</p>}
      {moving !== null && <MoveDialog request={request} open={moving} onClose={() => setMoving(false)} />}
    </>
  );
}
