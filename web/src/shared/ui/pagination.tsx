"use client";

import { useTranslations } from "next-intl";
import { Button } from "./button";

/** The end of a list that goes on: for cursors (useInfiniteQuery). */
export function More({ query }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const t = useTranslations("common");
  if (!query.hasNextPage) return null;
  return (
    <div className="flex justify-center border-t border-line p-4">
      <Button look="secondary" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t("more")}</Button>
    </div>
  );
}

/** Pages by number, for lists with a total. `page` counts from 0. */
export function Pagination({ page, size, total, onPage }: { page: number; size: number; total: number; onPage: (page: number) => void }) {
  const t = useTranslations("common");
  const last = Math.max(0, Math.ceil(total / size) - 1);
  if (last === 0) return null;
  return (
    <nav aria-label={t("pages")} className="flex items-center justify-between gap-3 border-t border-line p-4">
      <Button look="secondary" disabled={page === 0} onClick={() => onPage(page - 1)}>{t("previous")}</Button>
      <span className="num text-sm text-muted">{t("page_of", { page: page + 1, pages: last + 1 })}</span>
      <Button look="secondary" disabled={page >= last} onClick={() => onPage(page + 1)}>{t("next")}</Button>
    </nav>
  );
}
