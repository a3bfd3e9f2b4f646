import type { Column, Row } from "./api";

const STEPS: Record<string, (day: Date) => void> = {
  day: (day) => day.setUTCDate(day.getUTCDate() + 1),
  week: (day) => day.setUTCDate(day.getUTCDate() + 7),
  month: (day) => day.setUTCMonth(day.getUTCMonth() + 1),
};

/** Rows over time with those between that no request came in: their counts are nought, of the rest there is nothing to draw. */
export function filled(by: string, columns: Column[], rows: Row[]): Row[] {
  const step = STEPS[by], last = rows.at(-1)?.key;
  if (!step || !last) return rows;
  const known = new Map(rows.map((row) => [row.key, row]));
  const counts = columns.filter((column) => column.unit === "count");
  const all: Row[] = [];
  for (const day = new Date(`${rows[0]!.key}T00:00:00Z`); ; step(day)) {
    const key = day.toISOString().slice(0, 10);
    if (key > last) return all;
    const name = key.split("-").reverse().slice(by === "month" ? 1 : 0).join(".");
    all.push(known.get(key) ?? { key, name, values: Object.fromEntries(counts.map((column) => [column.name, 0])) });
  }
}
