"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState, type FormEvent } from "react";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Notice, Skeleton, useErrorText } from "@/shared/ui/state";
import { useConfirmTotp, useStartTotp } from "../api";

/** Set up an authenticator: scan, then type its first code. */
export function TotpDialog({ open, onClose, onCodes }: { open: boolean; onClose: () => void; onCodes: (codes: string[]) => void }) {
  const t = useTranslations("settings.security");
  const start = useStartTotp();
  const confirm = useConfirmTotp();
  const say = useErrorText();
  const [code, setCode] = useState("");
  const { mutate, reset } = start;
  useEffect(() => {
    if (open) mutate(undefined, { onError: () => undefined });
    else reset();
  }, [open, mutate, reset]);
  function submit(event: FormEvent) {
    event.preventDefault();
    confirm.mutate(code.replace(/\s/g, ""), { onSuccess: ({ recovery_codes }) => { onClose(); setCode(""); if (recovery_codes.length) onCodes(recovery_codes); } });
  }
  const error = start.error ?? confirm.error;
  const made = start.data;
  return (
    <Dialog open={open} onClose={onClose} title={t("totp")} text={t("totp_scan")}>
      <div className="flex flex-col gap-4">
        {error && <Notice tone="bad">{say(error)}</Notice>}
        <div className="flex flex-wrap items-center gap-5">
          {made ? <img alt={t("totp_picture")} width={176} height={176} className="rounded-lg bg-white p-2" src={`data:image/svg+xml;utf8,${encodeURIComponent(made.svg)}`} /> : <Skeleton className="size-44" />}
          <div className="min-w-0 flex-1">
            <p className="text-sm text-muted">{t("totp_by_hand")}</p>
            <p className="mt-1 font-mono text-[0.95rem] select-all">{made?.secret.match(/.{1,4}/g)?.join(" ")}</p>
          </div>
        </div>
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Input label={t("totp_code")} inputMode="numeric" autoComplete="one-time-code" required minLength={6} value={code} onChange={(event) => setCode(event.target.value)} className="num text-xl tracking-[0.3em]" />
          <Button type="submit" wide busy={confirm.isPending} disabled={!made}>{t("turn_on")}</Button>
        </form>
      </div>
    </Dialog>
  );
}
