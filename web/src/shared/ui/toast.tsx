"use client";

import clsx from "clsx";
import { useTranslations } from "next-intl";
import { X } from "lucide-react";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { IconButton } from "./button";
import { useErrorText } from "./state";

type Said = { id: number; text: string; bad: boolean };
/** `failed(null)` says nothing: the person closed the window that asked for a proof. */
type Say = { done: (text: string) => void; failed: (error: unknown) => void };

const Context = createContext<Say | null>(null);
const SECONDS = 6;
let last = 0;

/** `const say = useToast(); say.done(t("saved")); say.failed(error)`. */
export function useToast(): Say {
  const say = useContext(Context);
  if (!say) throw new Error("no ToastProvider above");
  return say;
}

/** Short words in a corner after an act; screen readers hear them. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [all, setAll] = useState<Said[]>([]);
  const t = useTranslations("common");
  const textOf = useErrorText();
  const add = useCallback((text: string, bad: boolean) => {
    const id = ++last;
    setAll((shown) => [...shown.slice(-2), { id, text, bad }]);
  }, []);
  const drop = useCallback((id: number) => setAll((shown) => shown.filter((each) => each.id !== id)), []);
  const say = useMemo<Say>(
    () => ({ done: (text) => add(text, false), failed: (error) => { if (error !== null) add(textOf(error), true); } }),
    [add, textOf],
  );
  return (
    <Context value={say}>
      {children}
      <div aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2 max-lg:bottom-20">
        {all.map((each) => <Toast key={each.id} said={each} close={t("close")} onOver={() => drop(each.id)} />)}
      </div>
    </Context>
  );
}

function Toast({ said, close, onOver }: { said: Said; close: string; onOver: () => void }) {
  useEffect(() => {
    const timer = setTimeout(onOver, SECONDS * 1000);
    return () => clearTimeout(timer);
  }, [onOver, said.id]);
  return (
    <div className={clsx("pointer-events-auto flex w-full max-w-sm items-center justify-between gap-2 rounded-xl border py-1 pr-1 pl-4 shadow-float", said.bad ? "border-bad bg-bad-soft text-bad" : "border-line bg-raised text-ink")}>
      <p className="py-2">{said.text}</p>
      <IconButton label={close} onClick={onOver}><X aria-hidden className="size-4" /></IconButton>
    </div>
  );
}
