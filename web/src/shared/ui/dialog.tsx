"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Button, IconButton } from "./button";

type Props = { open: boolean; onClose: () => void; title: string; text?: string; held?: boolean; children?: ReactNode; footer?: ReactNode };

/**
 * A modal window over the browser's own <dialog>: it holds the focus, closes by Escape and needs no inline style,
 * which our Content-Security-Policy would refuse (Radix' Dialog writes one). While `held` (something was typed that
 * would be lost) only its own buttons close it.
 */
export function Dialog({ open, onClose, title, text, held = false, children, footer }: Props) {
  const t = useTranslations("common");
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (open && dialog && !dialog.open) dialog.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => held && event.preventDefault()}
      onClick={(event) => event.target === box.current && !held && onClose()}
      className="m-auto w-[min(34rem,calc(100vw-2rem))] rounded-2xl border border-line bg-raised p-0 text-left text-ink shadow-float"
    >
      {open && (
        <div className="flex max-h-[85dvh] flex-col">
          <div className="flex items-start justify-between gap-4 px-6 pt-5">
            <div>
              <h2 id={id} className="text-lg font-semibold">{title}</h2>
              {text && <p className="mt-1 text-muted">{text}</p>}
            </div>
            <IconButton label={t("close")} onClick={onClose} className="-mt-2 -mr-3"><X aria-hidden className="size-5" /></IconButton>
          </div>
          {children && <div className="overflow-y-auto px-6 py-4">{children}</div>}
          {footer && <div className="flex flex-wrap justify-end gap-2 px-6 pt-2 pb-5">{footer}</div>}
        </div>
      )}
    </dialog>
  );
}

type ConfirmProps = { label: string; title: string; text: string; look?: "secondary" | "danger" | "quiet"; act: () => Promise<unknown>; disabled?: boolean };

/** A button that asks before it acts. The window closes when `act` is done; an error is `act`'s to show. */
export function ConfirmButton({ label, title, text, look = "danger", act, disabled }: ConfirmProps) {
  const t = useTranslations("common");
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  async function go() {
    setBusy(true);
    try {
      await act();
      setOpen(false);
    } catch {
      // shown by who acts; the window stays so that it can be tried again
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <Button look={look} disabled={disabled} onClick={() => setOpen(true)}>{label}</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={title}
        text={text}
        footer={
          <>
            <Button look="secondary" onClick={() => setOpen(false)}>{t("back")}</Button>
            <Button look={look === "danger" ? "danger" : "primary"} busy={busy} onClick={() => void go()}>{label}</Button>
          </>
        }
      />
    </>
  );
}
