"use client";

import { useTranslations } from "next-intl";
import type { Format } from "@/shared/lib/format";
import { useFormat } from "@/shared/lib/format";
import type { Column } from "./api";

type Unit = Column["unit"];

/** A figure with its unit, as the language writes it; a dash for none. */
export function useValue(): (value: number | null | undefined, unit: Unit) => string {
  const format = useFormat();
  const duration = useDuration();
  return (value, unit) => (value === null || value === undefined ? "—" : unit === "seconds" ? duration(value) : written(format, value, unit));
}

/** A time in our own words: browsers do not write units in Uzbek. */
export function useDuration(): (seconds: number) => string {
  const t = useTranslations("reports");
  return (seconds) => {
    if (seconds < 120) return t("duration.seconds", { n: Math.round(seconds) });
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return t("duration.minutes", { n: minutes });
    return t("duration.hours", { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
  };
}

function written(format: Format, value: number, unit: Unit): string {
  if (unit === "percent") return format.percent(value / 100, 1);
  return format.number(value, unit === "mark" ? 2 : 0);
}

/** Whether more of it is better (1), worse (-1) or neither (0). */
export function sense(name: string, unit: Unit): -1 | 0 | 1 {
  if (unit === "seconds" || ["cancelled_share", "redated_share", "repeated_share"].includes(name)) return -1;
  return unit === "mark" || name.endsWith("_sla") ? 1 : 0;
}

/** How a figure differs from that before: in points of a share or a mark, else in percent. */
export function useChange(): (value: number | null, before: number | null, unit: Unit) => string | null {
  const format = useFormat();
  const t = useTranslations("reports");
  return (value, before, unit) => {
    if (value === null || before === null) return null;
    const signed = (number: number, digits: number) =>
      new Intl.NumberFormat(format.tag, { maximumFractionDigits: digits, signDisplay: "exceptZero" }).format(number);
    if (unit === "percent") return t("points", { value: signed(value - before, 1) });
    if (unit === "mark") return signed(value - before, 2);
    if (before === 0) return null;
    return `${signed(((value - before) / before) * 100, 0)} %`;
  };
}
