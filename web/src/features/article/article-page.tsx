"use client";

import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { Suspense } from "react";
import { ApiError, client, data } from "@/shared/api/client";
import { Link } from "@/shared/i18n/link";
import { Button, buttonLook } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, SkeletonList } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";

function articleQuery(key: string) {
  return queryOptions({
    queryKey: ["articles", "one", key],
    queryFn: () => data(client.GET("/api/articles/{ref_key}", { params: { path: { ref_key: key } } })),
    staleTime: 300_000,
  });
}

/** One article of the knowledge base, by a link that can be handed on. */
export function ArticlePage() {
  return <Suspense fallback={<SkeletonList />}><Asked /></Suspense>;
}

function Asked() {
  const t = useTranslations("article");
  const say = useToast();
  const query = useQuery(articleQuery(useSearchParams().get("id") ?? ""));
  const ask = <Link href="/new" className={buttonLook()}>{t("ask")}</Link>;
  if (query.error instanceof ApiError && [404, 422].includes(query.error.status)) {
    return <><PageHeader title={t("title")} /><EmptyState title={t("gone")} text={t("gone_text")} action={ask} /></>;
  }
  async function copy() {
    await navigator.clipboard.writeText(window.location.href);
    say.done(t("copied"));
  }
  return (
    <Loaded query={query}>
      {(article) => (
        <article className="max-w-3xl">
          <PageHeader
            above={t("title")}
            title={article.question || article.description}
            actions={<Button look="secondary" onClick={() => void copy()}><Link2 aria-hidden className="size-4.5" />{t("copy")}</Button>}
          />
          <Section><p className="leading-7 break-words whitespace-pre-line">{article.answer}</p></Section>
          <div className="mt-5 flex flex-wrap items-center justify-between gap-4"><p className="text-muted">{t("not_enough")}</p>{ask}</div>
        </article>
      )}
    </Loaded>
  );
}
