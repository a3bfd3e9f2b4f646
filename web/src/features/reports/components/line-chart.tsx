"use client";

import type { Column, Row } from "../api";
import { useValue } from "../value";

const WIDTH = 860, HEIGHT = 280, LEFT = 96, RIGHT = 16, TOP = 12, BOTTOM = 30;
const STROKES = ["stroke-accent", "stroke-warn", "stroke-info"], FILLS = ["fill-accent", "fill-warn", "fill-info"];
const DASHES = [undefined, "7 4", "2 4"];

/** A round number not below the highest value, so that four lines of the grid are round as well. */
function ceiling(highest: number, unit: Column["unit"]): number {
  if (unit === "mark") return 5;
  if (unit === "percent" && highest > 40) return 100;
  const steps = unit === "seconds" ? [240, 480, 1200, 2400, 3600, 7200, 14_400, 28_800, 57_600, 115_200, 230_400, 460_800] : [];
  const fit = steps.find((step) => step >= highest);
  if (fit) return fit;
  const size = 10 ** Math.floor(Math.log10(Math.max(highest / 4, 1)));
  return [4, 8, 12, 20, 40].map((factor) => factor * size).find((step) => step >= highest) ?? highest;
}

/** Columns of a report over time. The same numbers stand in the table behind it. */
export default function LineChart({ columns, rows, label }: { columns: Column[]; rows: Row[]; label: string }) {
  const write = useValue();
  const unit = columns[0]?.unit ?? "count";
  const top = ceiling(Math.max(0, ...rows.flatMap((row) => columns.map((column) => row.values[column.name] ?? 0))), unit);
  const x = (at: number) => LEFT + (rows.length > 1 ? (at / (rows.length - 1)) * (WIDTH - LEFT - RIGHT) : (WIDTH - LEFT - RIGHT) / 2);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const every = Math.max(1, Math.ceil(rows.length / 7));
  return (
    <div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} className="h-auto w-full min-w-[34rem]">
        {[0, 1, 2, 3, 4].map((line) => (
          <g key={line}>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y((top * line) / 4)} y2={y((top * line) / 4)} className="stroke-line" />
            <text x={LEFT - 8} y={y((top * line) / 4) + 4} textAnchor="end" fontSize="12" className="num fill-muted">{write((top * line) / 4, unit)}</text>
          </g>
        ))}
        {rows.map((row, at) => at % every === 0 && (
          <text key={row.key} x={x(at)} y={HEIGHT - 8} textAnchor={at === 0 ? "start" : at > rows.length - every ? "end" : "middle"} fontSize="12" className="fill-muted">{row.name}</text>
        ))}
        {columns.map((column, number) => (
          <g key={column.name}>
            <path d={path(rows.map((row) => row.values[column.name]), x, y)} fill="none" strokeWidth="2.5" strokeLinejoin="round" strokeDasharray={DASHES[number]} className={STROKES[number]} />
            {rows.length <= 62 && rows.map((row, at) => {
              const value = row.values[column.name];
              return value != null && (
                <circle key={row.key} cx={x(at)} cy={y(value)} r="3.5" className={FILLS[number]}>
                  <title>{`${row.name}, ${column.title}: ${write(value, column.unit)}`}</title>
                </circle>
              );
            })}
          </g>
        ))}
      </svg>
      <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
        {columns.map((column, number) => (
          <li key={column.name} className="flex items-center gap-2">
            <svg aria-hidden viewBox="0 0 28 4" className="h-1 w-7"><line x2="28" y1="2" y2="2" strokeWidth="2.5" strokeDasharray={DASHES[number]} className={STROKES[number]} /></svg>
            {column.title}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A line with gaps where there is nothing to tell; it goes on over days that no request came on. */
function path(values: (number | null | undefined)[], x: (at: number) => number, y: (value: number) => number): string {
  let open = false;
  return values
    .map((value, at) => {
      if (value === undefined) return "";
      if (value === null) {
        open = false;
        return "";
      }
      const step = `${open ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      open = true;
      return step;
    })
    .join("");
}
