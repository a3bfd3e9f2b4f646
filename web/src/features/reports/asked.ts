"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useMemo } from "react";
import { useFormat, type Format } from "@/shared/lib/format";
import type { Asked } from "./api";

export const FIELDS = ["from", "to", "kind", "channel", "language", "category", "manager"] as const;
export type Extra = Record<string, string | number | undefined>;
export const SPANS = ["week", "month30", "month", "last_month", "year"] as const;
export type Span = (typeof SPANS)[number];

const DAY = 86_400_000;

function shifted(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The days of a usual period that ends today, or with the last month. */
export function daysOf(span: Span, today: string): { from: string; to: string } {
  const first = `${today.slice(0, 8)}01`;
  switch (span) {
    case "week": return { from: shifted(today, -6), to: today };
    case "month30": return { from: shifted(today, -29), to: today };
    case "month": return { from: first, to: today };
    case "last_month": {
      const last = shifted(first, -1);
      return { from: `${last.slice(0, 8)}01`, to: last };
    }
    case "year": return { from: `${today.slice(0, 5)}01-01`, to: today };
  }
}

export function today(format: Format): string {
  return format.key(new Date());
}

/** The address of a page with what is asked for now, changed by `over`; undefined takes a value out. */
export function addressOf(path: string, asked: Asked, over: Extra = {}): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...asked, ...over })) if (value !== undefined) values.set(name, String(value));
  return values.size ? `${path}?${values}` : path;
}

/** What the page's address asks for; `set` changes it there, so that it can be sent on and gone back to. */
export function useAsked(): { asked: Required<Pick<Asked, "from" | "to">> & Asked; params: URLSearchParams; set: (over: Extra) => void } {
  const params = useSearchParams();
  const router = useRouter();
  const path = usePathname();
  const format = useFormat();
  const asked = useMemo(() => {
    const found: Record<string, string> = {};
    for (const name of FIELDS) {
      const value = params.get(name);
      if (value !== null) found[name] = value;
    }
    return { ...daysOf("month30", today(format)), ...found } as Required<Pick<Asked, "from" | "to">> & Asked;
  }, [params, format]);
  const set = (over: Extra) => {
    const values = new URLSearchParams(params);
    for (const [name, value] of Object.entries(over)) {
      if (value === undefined) values.delete(name);
      else values.set(name, String(value));
    }
    router.replace(values.size ? `${path}?${values}` : path, { scroll: false });
  };
  return { asked, params, set };
}
