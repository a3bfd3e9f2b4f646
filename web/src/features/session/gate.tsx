"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { usePathname, useRouter } from "next/navigation";
import { useLocale } from "next-intl";
import { useEffect, useRef, type ReactNode } from "react";
import { localized } from "@/shared/i18n/link";
import { ApiError } from "@/shared/api/client";
import { buttonLook } from "@/shared/ui/button";
import { EmptyState, ErrorState, SkeletonList } from "@/shared/ui/state";
import { Link } from "@/shared/i18n/link";
import { homeOf, leaving, sessionQuery, useSession } from "./api";
import type { Role } from "./roles";

// A wrong code or password is answered by 401, too: that ends no session.
const isOver = (error: unknown) => error instanceof ApiError && error.status === 401 && error.code === "auth.unknown";

/** Shows its children to these roles alone; who isn't signed in goes to sign in and comes back. */
export function Gate({ roles, children }: { roles: readonly Role[]; children: ReactNode }) {
  const t = useTranslations("common");
  const session = useSession();
  const locale = useLocale();
  const router = useRouter();
  const path = usePathname();
  const nobody = session.data === null;
  const queries = useQueryClient();
  const known = useRef(false);
  // A session that ended elsewhere is known by the first answer that says so; the page doesn't wait to be loaded anew.
  useEffect(() => {
    const heard = (error: unknown) => {
      if (isOver(error)) queries.setQueryData(sessionQuery.queryKey, (found) => found && null);
    };
    const read = queries.getQueryCache().subscribe(({ type, query }) => type === "updated" && heard(query.state.error));
    const done = queries.getMutationCache().subscribe(({ type, mutation }) => type === "updated" && heard(mutation?.state.error));
    return () => { read(); done(); };
  }, [queries]);
  useEffect(() => {
    if (session.data) {
      known.current = true;
      leaving.himself = false;
    }
    if (!nobody) return;
    const here = encodeURIComponent(path + window.location.search);
    router.replace(localized(locale, "/sign-in") + (leaving.himself ? "" : `?next=${here}${known.current ? "&ended" : ""}`));
  }, [session.data, nobody, locale, path, router]);
  if (session.error) return <ErrorState error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) return <SkeletonList />;
  if (!roles.includes(session.data.role as Role)) {
    const home = <Link href={homeOf(session.data.role)} className={buttonLook()}>{t("to_home")}</Link>;
    return <EmptyState title={t("not_for_you")} text={t("not_for_you_text")} action={home} />;
  }
  return <>{children}</>;
}
