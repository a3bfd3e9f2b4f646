"use client";

import clsx from "clsx";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

const ITEM = clsx(
  "flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-lg px-3 text-[0.95rem] text-ink select-none",
  "outline-none data-[highlighted]:bg-sunken",
);

/** A list of acts behind a button; `trigger` is a button. */
export function Menu({ trigger, children, align = "end" }: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={6} className="z-40 min-w-56 rounded-xl border border-line bg-raised p-1.5 shadow-float">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** `narrow`: only where the side of the page has no navigation. */
export function MenuItem({ onSelect, narrow = false, children }: { onSelect: () => void; narrow?: boolean; children: ReactNode }) {
  return <Radix.Item onSelect={onSelect} className={clsx(ITEM, narrow && "lg:hidden")}>{children}</Radix.Item>;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-3 pt-2 pb-1 text-sm text-muted">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="my-1.5 h-px bg-line" />;
}

/** One of several in a menu. */
export function MenuChoices({ value, onChange, options }: { value: string; onChange: (value: string) => void; options: { value: string; label: string }[] }) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange}>
      {options.map((each) => (
        <Radix.RadioItem key={each.value} value={each.value} className={ITEM}>
          <span className="grid size-4 place-items-center rounded-full border border-line-strong">
            <Radix.ItemIndicator className="size-2 rounded-full bg-accent" />
          </span>
          {each.label}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
