"use client";

import { useTranslations } from "next-intl";
import { Badge, type Tone } from "@/shared/ui/badge";
import { useFormat } from "@/shared/lib/format";

const TONES = { new: "info", open: "accent", pending: "warn", other: "plain", closed: "good", resolved: "good", cancelled: "plain" } as const satisfies Record<string, Tone>;

/** Where a request stands, in a word. */
export function Status({ status }: { status: string }) {
  const t = useTranslations("desk");
  const known = (status in TONES ? status : "other") as keyof typeof TONES;
  return <Badge tone={TONES[known]} dot>{t(`status.${known}`)}</Badge>;
}

/** The planned moment of a request, and whether it has passed. */
export function Planned({ at, overdue }: { at: string | null; overdue?: boolean }) {
  const t = useTranslations("desk");
  const format = useFormat();
  if (!at) return <span className="text-muted">{t("no_date")}</span>;
  return (
    <span className="num inline-flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <span className="whitespace-nowrap">{format.moments(at)}</span>
      {overdue && <Badge tone="bad">{t("overdue")}</Badge>}
    </span>
  );
}

/** A share as a bar: 100 % and more is full and red. */
export function Load({ percent, label }: { percent: number | null; label: string }) {
  const shown = Math.min(100, percent ?? 0);
  const colour = (percent ?? 0) >= 100 ? "fill-bad" : (percent ?? 0) >= 75 ? "fill-warn" : "fill-accent";
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 6" preserveAspectRatio="none" className="h-1.5 w-full min-w-24 overflow-hidden rounded-full">
      <rect width="100" height="6" className="fill-sunken" />
      <rect width={shown} height="6" className={colour} />
    </svg>
  );
}
