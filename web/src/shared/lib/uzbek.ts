import { dateWriter } from "./writers";

// Browsers seldom carry Uzbek: Chromium writes "M11 23" for 23 November. So its words are here; numbers are written as
// Russian writes them, which is how Uzbek does.
const MONTHS = ["yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avgust", "sentabr", "oktabr", "noyabr", "dekabr"];
const DAYS: Record<string, string> = { Mon: "Du", Tue: "Se", Wed: "Chor", Thu: "Pay", Fri: "Ju", Sat: "Shan", Sun: "Yak" };
const UNITS: Record<string, string> = { second: "son.", minute: "daq.", hour: "soat", kilobyte: "KB", megabyte: "MB" };
const AGO: Record<string, string> = { day: "kun", hour: "soat", minute: "daqiqa" };

/** A date of these parts: "Pay, 26-noyabr", "26-noyabr, 2026" (CLDR's `d-MMMM, y`). */
export function uzbekDate(when: Date, options: Intl.DateTimeFormatOptions): string {
  const parts = dateWriter("en-GB", { timeZone: options.timeZone, weekday: "short", day: "numeric", month: "numeric", year: "numeric" }).formatToParts(when);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  const month = MONTHS[Number(part("month")) - 1] ?? "";
  const day = options.day ? `${Number(part("day"))}-${options.month === "short" ? month.slice(0, 3) : month}` : "";
  const date = [day, options.year ? part("year") : ""].filter(Boolean).join(", ");
  return [options.weekday ? DAYS[part("weekday")] : "", date].filter(Boolean).join(", ");
}

/** "12 daq." */
export function uzbekUnit(value: string, unit: string): string {
  return `${value} ${UNITS[unit] ?? unit}`;
}

/** "3 daqiqa oldin", "2 kundan keyin"; less than a minute is now. */
export function uzbekAgo(value: number, unit: string): string {
  if (value === 0) return "hozir";
  return value < 0 ? `${-value} ${AGO[unit]} oldin` : `${value} ${AGO[unit]}dan keyin`;
}
