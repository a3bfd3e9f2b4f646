"use client";

import { useEffect } from "react";
import { homeOf, useSession } from "@/features/session/api";
import { useGo } from "@/shared/i18n/link";
import { ErrorState, SkeletonList } from "@/shared/ui/state";

/** The bare address: on to where the reader's pages begin. */
export function Start() {
  const session = useSession();
  const go = useGo();
  useEffect(() => {
    if (session.data !== undefined) go(session.data ? homeOf(session.data.role) : "/sign-in", "replace");
  }, [session.data, go]);
  if (session.error) return <ErrorState error={session.error} retry={() => void session.refetch()} />;
  return <main><SkeletonList /></main>;
}
