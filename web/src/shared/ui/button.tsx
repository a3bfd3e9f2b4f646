"use client";

import clsx from "clsx";
import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";

type Look = "primary" | "secondary" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border border-line-strong/60 bg-surface text-ink hover:bg-sunken",
  quiet: "text-ink hover:bg-sunken",
  danger: "bg-bad-soft text-bad hover:outline hover:outline-1 hover:outline-bad",
};

/** The classes of a button, for links that look like one. */
export function buttonLook(look: Look = "primary", wide = false): string {
  return clsx(
    "inline-flex min-h-11 items-center justify-center gap-2 rounded-xl px-4 text-[0.95rem] font-medium",
    "transition-colors disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55",
    LOOKS[look],
    wide && "w-full",
  );
}

type Props = ComponentProps<"button"> & { look?: Look; busy?: boolean; wide?: boolean };

/** A button; `busy` keeps it from being pressed twice. */
export function Button({ look = "primary", busy = false, wide = false, className, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      className={clsx(buttonLook(look, wide), className)}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

/** A square button with an icon alone; `label` is what it is called. */
export function IconButton({ label, className, children, ...rest }: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={clsx("inline-grid size-11 shrink-0 place-items-center rounded-xl text-muted transition-colors hover:bg-sunken hover:text-ink disabled:opacity-50", className)}
    >
      {children}
    </button>
  );
}
