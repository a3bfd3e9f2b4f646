"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useCodes } from "@/shared/lib/codes";
import { millis } from "@/shared/lib/exact";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Facts, Section } from "@/shared/ui/page";
import { partnersQuery, type Partner, type PartnerPoint } from "../api";

/** Whether 1C and Chatwoot answer, how quickly, and what our breakers do. */
export function Partners({ rows }: { rows: Partner[] }) {
  const series = useQuery(partnersQuery(24));
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      {rows.map((row) => <One key={row.system} row={row} points={(series.data ?? []).filter((each) => each.system === row.system)} />)}
    </div>
  );
}

function One({ row, points }: { row: Partner; points: PartnerPoint[] }) {
  const t = useTranslations("ops");
  const codes = useCodes();
  const format = useFormat();
  const name = t(`system.${row.system as "onec" | "chatwoot"}`);
  const state = row.answers === null ? <Badge>{t("not_yet")}</Badge> : row.answers ? <Badge tone="good" dot>{t("partner.answers")}</Badge> : <Badge tone="bad" dot>{t("partner.away")}</Badge>;
  return (
    <Section title={name} actions={state}>
      <Facts
        items={[
          { name: t("partner.available"), value: row.looks ? <span className="num">{format.percent(row.answered / row.looks, 2)}</span> : "—" },
          { name: t("partner.latency"), value: row.p50 === null ? "—" : <span className="num">{t("partner.quantiles", { p50: millis(format, row.p50), p95: millis(format, row.p95 ?? row.p50) })}</span> },
          { name: t("partner.breakers"), value: <span className="flex flex-wrap gap-2"><Breaker who={t("partner.worker")} state={row.breaker} /><Breaker who={t("partner.site")} state={row.here} /></span> },
          ...(row.away_since ? [{ name: t("partner.away_since"), value: <span className="num">{format.moments(row.away_since)}</span> }] : []),
          ...(row.error ? [{ name: t("partner.error"), value: <span title={row.error}>{codes("error", row.error)}</span> }] : []),
        ]}
      />
      <Strip points={points} name={name} />
    </Section>
  );
}

function Breaker({ who, state }: { who: string; state: string | null }) {
  const t = useTranslations("ops");
  const known = (["closed", "half_open", "open"] as const).find((each) => each === state) ?? "closed";
  return <Badge tone={known === "closed" ? "good" : known === "open" ? "bad" : "warn"}>{who}: {t(`breaker.${known}`)}</Badge>;
}

/** Each look of the last day as a bar: its height is the time it took, red is no answer. */
function Strip({ points, name }: { points: PartnerPoint[]; name: string }) {
  const t = useTranslations("ops");
  if (points.length === 0) return null;
  const top = Math.max(50, ...points.map((each) => each.longest ?? 0));
  const lost = points.filter((each) => each.answered < each.looks).length;
  const width = 100 / Math.max(60, points.length);
  return (
    <figure className="mt-5">
      <svg role="img" aria-label={t("partner.strip", { name, lost, count: points.length })} viewBox="0 0 100 24" preserveAspectRatio="none" className="h-14 w-full">
        {points.map((each, at) => {
          const bad = each.answered < each.looks;
          const height = bad ? 24 : Math.max(1, (24 * (each.p50 ?? 0)) / top);
          return <rect key={each.at} x={100 - (points.length - at) * width} y={24 - height} width={width * 0.75} height={height} className={bad ? "fill-bad" : each.broken ? "fill-warn" : "fill-accent"} />;
        })}
      </svg>
      <figcaption className="text-sm text-muted">{t("partner.strip_text")}</figcaption>
    </figure>
  );
}
