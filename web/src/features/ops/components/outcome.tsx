"use client";

import { useTranslations } from "next-intl";
import { Badge, type Tone } from "@/shared/ui/badge";

const TONES = { ok: "good", partial: "warn", failed: "bad", lost: "bad", running: "info" } as const satisfies Record<string, Tone>;

/** How a run ended, in a word. */
export function Outcome({ outcome }: { outcome: string }) {
  const t = useTranslations("ops");
  const known = (outcome in TONES ? outcome : "running") as keyof typeof TONES;
  return <Badge tone={TONES[known]} dot>{t(`outcome.${known}`)}</Badge>;
}
