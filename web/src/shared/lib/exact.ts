import { ZONE, type Format } from "./format";
import { uzbekUnit } from "./uzbek";
import { dateWriter, numberWriter } from "./writers";

// How the machinery is written about; apart from what every page loads.

/** 26 Nov, 14:30:05: for what happened close together */
export function exact(format: Format, when: string): string {
  const time = dateWriter(format.tag, { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  return `${format.day(when)}, ${time.format(new Date(when))}`;
}

/** 87 ms, 1.4 s */
export function millis(format: Format, value: number): string {
  const [amount, unit, digits]: [number, string, number] = value < 1000 ? [value, "millisecond", 0] : [value / 1000, "second", 1];
  if (format.uzbek) return unit === "second" ? uzbekUnit(format.number(amount, digits), unit) : `${format.number(amount)} ms`;
  return numberWriter(format.tag, { style: "unit", unit, maximumFractionDigits: digits }).format(amount);
}
