"use client";

import { useTranslations } from "next-intl";
import { millis } from "@/shared/lib/exact";
import { useFormat } from "@/shared/lib/format";
import { EmptyState } from "@/shared/ui/state";
import type { RunPoint } from "../api";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [800, 220, 64, 26];

/** How long runs took over time; red where one failed. */
export function RunsChart({ points }: { points: RunPoint[] }) {
  const t = useTranslations("ops");
  const format = useFormat();
  if (points.length === 0) return <EmptyState title={t("runs.none")} />;
  const top = Math.max(20, ...points.map((each) => each.longest ?? 0));
  const [begin, end] = [Date.parse(points[0]?.at ?? ""), Date.parse(points.at(-1)?.at ?? "")];
  const span = Math.max(1, end - begin);
  const slot = (WIDTH - LEFT - 8) / Math.max(12, points.length);
  const x = (at: string) => LEFT + ((Date.parse(at) - begin) / span) * (WIDTH - LEFT - 8 - slot);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - 12);
  const label = t("runs.chart_label", { count: points.length, failed: points.reduce((sum, each) => sum + each.failed, 0) });
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full min-w-[34rem]">
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={WIDTH} y1={y(top * share)} y2={y(top * share)} className="stroke-line" />
          <text x={LEFT - 8} y={y(top * share) + 4} textAnchor="end" className="num fill-muted text-xs">{millis(format, top * share)}</text>
        </g>
      ))}
      {points.map((each) => {
        const [longest, usual] = [each.longest ?? 0, each.p50 ?? 0];
        return (
          <g key={each.at}>
            <title>{`${format.moments(each.at)} · ${millis(format, usual)} / ${millis(format, longest)} · ${each.runs}`}</title>
            <rect x={x(each.at)} y={y(longest)} width={slot * 0.8} height={HEIGHT - BOTTOM - y(longest)} rx={Math.min(3, slot / 4)} className={each.failed ? "fill-bad-soft" : "fill-accent-soft"} />
            <rect x={x(each.at)} y={y(usual)} width={slot * 0.8} height={Math.max(1, HEIGHT - BOTTOM - y(usual))} rx={Math.min(3, slot / 4)} className={each.failed ? "fill-bad" : "fill-accent"} />
          </g>
        );
      })}
      <text x={LEFT} y={HEIGHT - 6} className="num fill-muted text-xs">{format.moments(begin)}</text>
      <text x={WIDTH} y={HEIGHT - 6} textAnchor="end" className="num fill-muted text-xs">{format.moments(end)}</text>
    </svg>
  );
}
