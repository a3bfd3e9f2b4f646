"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { usePathname, useRouter } from "next/navigation";
import { useLocale } from "next-intl";
import { useEffect, type ReactNode } from "react";
import { localized } from "@/shared/i18n/link";
import { ApiError } from "@/shared/api/client";
import { buttonLook } from "@/shared/ui/button";
import { EmptyState, ErrorState, SkeletonList } from "@/shared/ui/state";
import { Link } from "@/shared/i18n/link";
import { homeOf, sessionQuery, useSession } from "./api";
import type { Role } from "./roles";

/** Shows its children to these roles alone; who isn't signed in goes to sign in and comes back. */
export function Gate({ roles, children }: { roles: readonly Role[]; children: ReactNode }) {
  const t = useTranslations("common");
  const session = useSession();
  const locale = useLocale();
  const router = useRouter();
  const path = usePathname();
  const nobody = session.data === null;
  const queries = useQueryClient();
  // A session that ended elsewhere is known by the first answer that says so; the page doesn't wait to be loaded anew.
  useEffect(() => {
    return queries.getQueryCache().subscribe(({ type, query }) => {
      const { error } = query.state;
      if (type === "updated" && error instanceof ApiError && error.status === 401) queries.setQueryData(sessionQuery.queryKey, (known) => known && null);
    });
  }, [queries]);
  useEffect(() => {
    if (!nobody) return;
    const here = path + window.location.search;
    router.replace(`${localized(locale, "/sign-in")}?next=${encodeURIComponent(here)}`);
  }, [nobody, locale, path, router]);
  if (session.error) return <ErrorState error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) return <SkeletonList />;
  if (!roles.includes(session.data.role as Role)) {
    const home = <Link href={homeOf(session.data.role)} className={buttonLook()}>{t("to_home")}</Link>;
    return <EmptyState title={t("not_for_you")} text={t("not_for_you_text")} action={home} />;
  }
  return <>{children}</>;
}
