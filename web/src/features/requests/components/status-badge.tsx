"use client";

import { useTranslations } from "next-intl";
import { Badge, type Tone } from "@/shared/ui/badge";
import type { Status } from "../api";

const TONES: Record<Status, Tone> = {
  new: "info", open: "accent", pending: "warn", other: "plain", closed: "good", resolved: "good", cancelled: "plain",
};

/** Where a request stands, in a word. */
export function StatusBadge({ status }: { status: string }) {
  const t = useTranslations("requests");
  const known = (status in TONES ? status : "other") as Status;
  return <Badge tone={TONES[known]} dot>{t(`status.${known}`)}</Badge>;
}
