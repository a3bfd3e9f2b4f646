"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { CheckCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useLive } from "@/features/live/live";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { PageHeader, Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { deskKeys, todayQuery, type View } from "../api";
import { Cards } from "./cards";

const VIEWS: View[] = ["queue", "mine", "today", "overdue", "unassigned"];

/** What the desk has to do now, by what it needs. */
export function TodayPage() {
  const t = useTranslations("desk");
  const format = useFormat();
  const [asked, setView] = useInAddress("view", "queue", VIEWS);
  const view = asked as View;
  const query = useInfiniteQuery(todayQuery(view));
  useLive("desk", [...deskKeys.all, "today"]);
  const first = query.data?.pages[0];
  const [shown, me] = [first?.counts, first?.me];
  return (
    <>
      <PageHeader title={t("today.title")} text={t("today.text")} />
      <div role="group" aria-label={t("today.views")} className="mb-6 grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
        {VIEWS.filter((each) => each !== "mine" || me).map((each) => (
          <Count key={each} label={t(`view.${each}`)} value={shown ? format.number(shown[each]) : "…"} chosen={view === each} bad={each !== "queue" && each !== "mine" && each !== "today" && !!shown?.[each]} onChoose={() => setView(each)} />
        ))}
      </div>
      <Section flush title={t(`view.${view}`)} text={t(`view_text.${view}`)}>
        <Loaded query={query}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.items);
            if (rows.length === 0) return <EmptyState icon={<CheckCheck className="size-6" />} title={t("today.none")} text={t("today.none_text")} />;
            return <Cards rows={rows} caption={t(`view.${view}`)} manager={view !== "mine" && view !== "unassigned"} />;
          }}
        </Loaded>
        <More query={query} />
      </Section>
    </>
  );
}

function Count({ label, value, chosen, bad, onChoose }: { label: string; value: string; chosen: boolean; bad: boolean; onChoose: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={clsx("card px-4 py-3.5 text-left transition-colors hover:border-line-strong", chosen && "border-accent! bg-accent-soft!")}
    >
      <span className={clsx("block text-sm", chosen ? "text-accent-strong" : "text-muted")}>{label}</span>
      <span className={clsx("num mt-0.5 block text-2xl font-semibold", bad && "text-bad")}>{value}</span>
    </button>
  );
}
