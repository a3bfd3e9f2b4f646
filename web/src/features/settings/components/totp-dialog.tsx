"use client";

import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
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
  const form = useZodForm(async () => (await import("../schema")).proof, { code: "" });
  const wrong = useWrong();
  const { mutate, reset } = start;
  useEffect(() => {
    if (open) mutate(undefined, { onError: () => undefined });
    else reset();
  }, [open, mutate, reset]);
  const submit = form.handleSubmit(({ code }) =>
    confirm.mutate(code, { onSuccess: ({ recovery_codes }) => { onClose(); form.reset(); if (recovery_codes.length) onCodes(recovery_codes); } }),
  );
  const refused = useRefused(form, confirm.error, { "totp.wrong": "code" });
  const error = start.error ?? refused;
  const made = start.data;
  return (
    <Dialog open={open} onClose={onClose} title={t("totp")} text={t("totp_scan")}>
      <div className="flex flex-col gap-4">
        {error !== null && <Notice tone="bad">{say(error)}</Notice>}
        <div className="flex flex-wrap items-center gap-5">
          {made ? <img alt={t("totp_picture")} width={176} height={176} className="rounded-lg bg-white p-2" src={`data:image/svg+xml;utf8,${encodeURIComponent(made.svg)}`} /> : <Skeleton className="size-44" />}
          <div className="min-w-0 flex-1">
            <p className="text-sm text-muted">{t("totp_by_hand")}</p>
            <p className="mt-1 font-mono text-[0.95rem] select-all">{made?.secret.match(/.{1,4}/g)?.join(" ")}</p>
          </div>
        </div>
        <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
          <Input label={t("totp_code")} inputMode="numeric" autoComplete="one-time-code" error={wrong(form.formState.errors.code)} className="num text-xl tracking-[0.3em]" {...form.register("code")} />
          <Button type="submit" wide busy={confirm.isPending} disabled={!made}>{t("turn_on")}</Button>
        </form>
      </div>
    </Dialog>
  );
}
