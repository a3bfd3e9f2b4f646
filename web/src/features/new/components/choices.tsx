"use client";

import clsx from "clsx";
import type { LucideIcon } from "lucide-react";
import { useId } from "react";

type Option = { value: string; label: string; text?: string; icon?: LucideIcon };
type Props = { legend: string; value: string; onChange: (value: string) => void; options: Option[]; small?: boolean };

/** One of a few, as cards; radios inside. */
export function Choices({ legend, value, onChange, options, small = false }: Props) {
  const name = useId();
  return (
    <fieldset>
      <legend className={small ? "sr-only" : "mb-3 text-lg font-semibold"}>{legend}</legend>
      <div className={clsx("grid gap-3", small ? "grid-cols-1 min-[420px]:grid-cols-2" : "sm:grid-cols-2")}>
        {options.map((each) => (
          <label
            key={each.value}
            className={clsx(
              "relative flex min-h-12 cursor-pointer items-center gap-4 rounded-2xl border bg-surface transition-colors",
              "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus",
              small ? "px-4 py-2" : "p-5",
              each.value === value ? "border-accent ring-1 ring-accent" : "border-line hover:border-line-strong",
            )}
          >
            <input type="radio" name={name} value={each.value} checked={each.value === value} onChange={() => onChange(each.value)} className={clsx("accent-accent", small ? "size-4.5" : "sr-only")} />
            {each.icon && (
              <span aria-hidden className={clsx("grid size-12 shrink-0 place-items-center rounded-2xl transition-colors", each.value === value ? "bg-accent text-on-accent" : "bg-accent-soft text-accent-strong")}>
                <each.icon className="size-6" strokeWidth={1.75} />
              </span>
            )}
            <span className="min-w-0">
              <span className={clsx("block", small ? "" : "font-semibold")}>{each.label}</span>
              {each.text && <span className="block text-sm text-muted">{each.text}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
