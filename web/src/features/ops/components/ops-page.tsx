"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Badge } from "@/shared/ui/badge";
import { Figure, PageHeader } from "@/shared/ui/page";
import { Loaded, Notice } from "@/shared/ui/state";
import { Tabs } from "@/shared/ui/tabs";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { overviewQuery, type Overview } from "../api";
import { DriftList } from "./drift-list";
import { Letters } from "./letters";
import { Partners } from "./partners";
import { Processes } from "./processes";
import { Queues } from "./queues";
import { Runs } from "./runs";
import { ToldList } from "./told";

/** How the platform itself is. */
export function OpsPage() {
  const t = useTranslations("ops");
  const query = useQuery(overviewQuery);
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      <Loaded query={query}>{(overview) => <Whole overview={overview} />}</Loaded>
    </>
  );
}

function Whole({ overview }: { overview: Overview }) {
  const t = useTranslations("ops");
  const [tab, setTab] = useInAddress("tab", "health");
  const [drift, letters] = [total(overview.drift), total(overview.dead_letters)];
  return (
    <>
      <Alerts overview={overview} />
      <Sums overview={overview} />
      <Tabs
        label={t("title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "health", label: t("health.title"), content: <div className="flex flex-col gap-6"><Partners rows={overview.partners} /><Processes rows={overview.processes} /></div> },
          { value: "runs", label: t("runs.title"), content: <Runs names={overview.processes.map((each) => each.name)} /> },
          { value: "drift", label: <>{t("drift.title")} {drift > 0 && <Badge tone="warn">{drift}</Badge>}</>, content: <DriftList /> },
          { value: "letters", label: <>{t("letters.title")} {letters > 0 && <Badge tone="bad">{letters}</Badge>}</>, content: <Letters counts={overview.dead_letters} /> },
          { value: "told", label: t("told.title"), content: <ToldList /> },
          { value: "queues", label: t("queues.title"), content: <Queues overview={overview} /> },
        ]}
      />
    </>
  );
}

function Alerts({ overview }: { overview: Overview }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const wrong = overview.alerts.filter((each) => each.over_at === null);
  if (wrong.length === 0) return null;
  return (
    <div className="mb-6 flex flex-col gap-2">
      {wrong.map((each) => <Notice key={each.key} tone="bad">{each.text} <span className="num">{t("since", { time: format.moments(each.raised_at) })}</span></Notice>)}
    </div>
  );
}

function Sums({ overview }: { overview: Overview }) {
  const t = useTranslations("ops");
  const format = useFormat();
  const stale = overview.processes.filter((each) => each.stale).length;
  const waiting = overview.queues.filter((each) => ["pending", "claimed", "new", "queued", "sending"].includes(each.state)).reduce((sum, each) => sum + each.n, 0);
  return (
    <div className="mb-6 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure label={t("sums.processes")} value={format.number(overview.processes.length - stale)} note={stale ? <span className="text-bad">{t("sums.stale", { count: stale })}</span> : t("sums.all_well")} />
      <Figure label={t("sums.drift")} value={format.number(total(overview.drift))} note={t("sums.drift_text")} />
      <Figure label={t("sums.letters")} value={format.number(total(overview.dead_letters))} note={t("sums.letters_text")} />
      <Figure label={t("sums.waiting")} value={format.number(waiting)} note={t("sums.waiting_text")} />
    </div>
  );
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
