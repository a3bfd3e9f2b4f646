"use client";

import { useLocale, type Locale } from "next-intl";
import { useMemo } from "react";
import { dateWriter, numberWriter } from "./writers";
import { uzbekAgo, uzbekDate, uzbekUnit } from "./uzbek";

export const ZONE = "Asia/Tashkent";
const TAGS: Record<Locale, string> = { uz: "ru-RU", ru: "ru-RU", en: "en-GB" };
type When = string | number | Date;

/** Writes dates (in Tashkent's time), numbers and money as the language does. */
export class Format {
  readonly tag: string;
  readonly uzbek: boolean;

  constructor(locale: Locale) {
    this.uzbek = locale === "uz";
    this.tag = TAGS[locale];
  }

  private moment(when: When, options: Intl.DateTimeFormatOptions): string {
    if (this.uzbek && !options.hour) return uzbekDate(new Date(when), { timeZone: ZONE, ...options });
    return dateWriter(this.tag, { timeZone: ZONE, ...options }).format(new Date(when));
  }

  /** 26 November 2026 */
  date(when: When): string {
    return this.moment(when, { day: "numeric", month: "long", year: "numeric" });
  }

  /** 26 Nov */
  day(when: When): string {
    return this.moment(when, { day: "numeric", month: "short" });
  }

  /** Thu, 26 November */
  weekday(when: When): string {
    return this.moment(when, { weekday: "short", day: "numeric", month: "long" });
  }

  /** Thu */
  short(when: When): string {
    return this.moment(when, { weekday: "short" });
  }

  /** 14:30 */
  time(when: When): string {
    return this.moment(when, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  /** 26 Nov, 14:30 */
  moments(when: When): string {
    return `${this.day(when)}, ${this.time(when)}`;
  }

  /** The day in Tashkent as YYYY-MM-DD, to group and to ask by. */
  key(when: When): string {
    return dateWriter("en-CA", { timeZone: ZONE }).format(new Date(when));
  }

  /** 3 minutes ago */
  ago(when: When, now: When): string {
    const seconds = (new Date(when).getTime() - new Date(now).getTime()) / 1000;
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];
    const writer = new Intl.RelativeTimeFormat(this.tag, { numeric: "auto" });
    for (const [unit, size] of steps) {
      if (Math.abs(seconds) < size) continue;
      const count = Math.trunc(seconds / size);
      return this.uzbek ? uzbekAgo(count, unit) : writer.format(count, unit);
    }
    if (this.uzbek) return uzbekAgo(0, "minute");
    return writer.format(0, "second");
  }

  /** 1 234.5 */
  number(value: number, digits = 0): string {
    return numberWriter(this.tag, { maximumFractionDigits: digits }).format(value);
  }

  /** 41.3 % of a share between 0 and 1 */
  percent(share: number, digits = 0): string {
    return numberWriter(this.tag, { style: "percent", maximumFractionDigits: digits }).format(share);
  }

  /** 120 000 UZS */
  money(value: number, currency = "UZS"): string {
    return numberWriter(this.tag, { style: "currency", currency, maximumFractionDigits: 0 }).format(value);
  }

  /** 1.4 MB */
  bytes(value: number): string {
    const [unit, size]: [string, number] = value < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const style: Intl.NumberFormatOptions = { style: "unit", unit, maximumFractionDigits: 1 };
    if (this.uzbek) return uzbekUnit(this.number(value / size, 1), unit);
    return numberWriter(this.tag, style).format(value / size);
  }

  /** 2 h 05 min, from seconds */
  duration(seconds: number): string {
    const style = (value: number, unit: string) =>
      this.uzbek ? uzbekUnit(this.number(value), unit) : numberWriter(this.tag, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(value);
    if (seconds < 60) return style(Math.round(seconds), "second");
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return style(minutes, "minute");
    const rest = minutes % 60;
    return rest ? `${style(Math.floor(minutes / 60), "hour")} ${style(rest, "minute")}` : style(minutes / 60, "hour");
  }
}

export function useFormat(): Format {
  const locale = useLocale();
  return useMemo(() => new Format(locale), [locale]);
}
