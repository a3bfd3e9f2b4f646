"use client";

import clsx from "clsx";
import { CircleAlert, Inbox } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import { Button } from "./button";

/** Nothing is here, and what to do about it. */
export function EmptyState({ title, text, action, icon }: { title: string; text?: string; action?: ReactNode; icon?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span aria-hidden className="mb-1 grid size-12 place-items-center rounded-2xl bg-accent-soft text-accent-strong">
        {icon ?? <Inbox className="size-6" />}
      </span>
      <p className="text-lg font-semibold">{title}</p>
      {text && <p className="max-w-md text-muted">{text}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** What a person reads of an error: the API's own words, or that the network is away. */
export function useErrorText(): (error: unknown) => string {
  const t = useTranslations("common");
  return (error) => {
    if (!(error instanceof ApiError)) return t("error.unknown");
    return error.code === "network" ? t("error.network") : error.message || t("error.unknown");
  };
}

/** Something could not be read; `retry` asks again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTranslations("common");
  const say = useErrorText();
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <CircleAlert aria-hidden className="size-8 text-bad" />
      <p className="text-lg font-semibold">{t("error.title")}</p>
      <p className="max-w-md text-muted">{say(error)}</p>
      {retry && <Button look="secondary" className="mt-3" onClick={retry}>{t("retry")}</Button>}
    </div>
  );
}

/** A line of words above a form or in a page. */
export function Notice({ tone = "info", children }: { tone?: "info" | "good" | "warn" | "bad"; children: ReactNode }) {
  const tones = { info: "bg-info-soft text-info", good: "bg-good-soft text-good", warn: "bg-warn-soft text-warn", bad: "bg-bad-soft text-bad" };
  return <div role={tone === "bad" ? "alert" : "status"} className={clsx("rounded-xl px-4 py-3 text-[0.95rem]", tones[tone])}>{children}</div>;
}

/** The shape of what is being read. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={clsx("block animate-pulse rounded-lg bg-line/70", className ?? "h-5 w-full")} />;
}

/** Lines of a list that is being read. */
export function SkeletonList({ rows = 5 }: { rows?: number }) {
  const t = useTranslations("common");
  return (
    <div role="status" className="flex flex-col gap-3 p-5">
      <span className="sr-only">{t("loading")}</span>
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} className="h-12 w-full" />)}
    </div>
  );
}

type Query<T> = { data?: T; error: unknown; isPending: boolean; refetch: () => unknown };

/** A query's three states: `<Loaded query={q}>{(value) => …}</Loaded>`. */
export function Loaded<T>({ query, waiting, children }: { query: Query<T>; waiting?: ReactNode; children: (value: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isPending) return <>{waiting ?? <SkeletonList />}</>;
  return <ErrorState error={query.error} retry={() => void query.refetch()} />;
}
