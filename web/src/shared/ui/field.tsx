"use client";

import clsx from "clsx";
import { useId, type ComponentProps, type ReactNode } from "react";

const BOX = clsx(
  "min-h-11 w-full rounded-xl border border-line-strong/70 bg-surface px-3.5 text-base text-ink",
  "placeholder:text-muted hover:border-line-strong aria-invalid:border-bad disabled:bg-sunken disabled:text-muted",
);

type Given = { id: string; "aria-describedby"?: string; "aria-invalid"?: true };
type FieldProps = { label: string; hint?: ReactNode; error?: string; optional?: string; children: (given: Given) => ReactNode };

/** A label, what is typed into, a hint and what is wrong, told to each other. */
export function Field({ label, hint, error, optional, children }: FieldProps) {
  const id = useId();
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {optional && <span className="ml-1.5 font-normal text-muted">{optional}</span>}
      </label>
      {children({ id, "aria-describedby": notes || undefined, "aria-invalid": error ? true : undefined })}
      {hint && <p id={`${id}-hint`} className="text-sm text-muted">{hint}</p>}
      {error && <p id={`${id}-error`} role="alert" className="text-sm text-bad">{error}</p>}
    </div>
  );
}

type Common = { label: string; hint?: ReactNode; error?: string; optional?: string };

/** One line of text. With react-hook-form: `<Input label=… error=… {...form.register("name")} />`. */
export function Input({ label, hint, error, optional, className, ...rest }: ComponentProps<"input"> & Common) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(given) => <input {...given} {...rest} className={clsx(BOX, className)} />}
    </Field>
  );
}

/** Several lines of text. */
export function TextArea({ label, hint, error, optional, className, ...rest }: ComponentProps<"textarea"> & Common) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(given) => <textarea rows={4} {...given} {...rest} className={clsx(BOX, "py-2.5", className)} />}
    </Field>
  );
}

export type Option = { value: string; label: string };

/** One of several: the browser's own list, which phones and screen readers know. */
export function Select({ label, hint, error, optional, options, empty, className, ...rest }: ComponentProps<"select"> & Common & { options: Option[]; empty?: string }) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(given) => (
        <select {...given} {...rest} className={clsx(BOX, "appearance-auto", className)}>
          {empty !== undefined && <option value="">{empty}</option>}
          {options.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
        </select>
      )}
    </Field>
  );
}

/** A choice that is on or off. */
export function Checkbox({ label, hint, ...rest }: ComponentProps<"input"> & { label: ReactNode; hint?: string }) {
  return (
    <label className="flex min-h-11 items-start gap-3 py-2.5">
      <input type="checkbox" {...rest} className="mt-0.5 size-5 shrink-0 accent-accent" />
      <span className="text-[0.95rem] leading-6">
        {label}
        {hint && <span className="block text-sm text-muted">{hint}</span>}
      </span>
    </label>
  );
}
