"use client";

import { Tabs as Radix } from "radix-ui";
import { useEffect, useRef, type ReactNode } from "react";

export type Tab = { value: string; label: ReactNode; content: ReactNode };

/** Parts of a page, one seen at a time: the first when `value` names none. */
export function Tabs({ label, tabs, value, onChange }: { label: string; tabs: Tab[]; value: string; onChange: (value: string) => void }) {
  const shown = tabs.some((each) => each.value === value) ? value : tabs[0]?.value;
  const list = useRef<HTMLDivElement>(null);
  // On a phone they are wider than the screen: the chosen one is in sight.
  useEffect(() => {
    const box = list.current;
    const chosen = box?.querySelector<HTMLElement>("[data-state=active]");
    if (box && chosen) box.scrollLeft = chosen.offsetLeft - box.offsetLeft - (box.clientWidth - chosen.offsetWidth) / 2;
  }, [shown]);
  return (
    <Radix.Root value={shown} onValueChange={onChange}>
      <Radix.List ref={list} aria-label={label} className="mb-5 flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((each) => (
          <Radix.Trigger
            key={each.value}
            value={each.value}
            className="-mb-px min-h-11 shrink-0 border-b-2 border-transparent px-3.5 text-[0.95rem] font-medium text-muted outline-offset-[-2px] hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {each.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((each) => (
        <Radix.Content key={each.value} value={each.value}>{each.content}</Radix.Content>
      ))}
    </Radix.Root>
  );
}
