"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { EmptyState, ErrorState, SkeletonList } from "@/shared/ui/state";
import { panelQuery } from "../api";
import { useContextOfChatwoot } from "../use-context";
import { usePass } from "../use-pass";
import { Connect, type Lack } from "./connect";
import { PanelBody } from "./panel-body";

/** The app in Chatwoot's side panel: it is told what to show by Chatwoot, and who looks by a window of our own. */
export function PanelPage() {
  const t = useTranslations("panel");
  const queries = useQueryClient();
  const context = useContextOfChatwoot();
  const [pass, setPass] = usePass();
  const [lack, setLack] = useState<Lack>("new");
  const agent = context?.agent ?? null;
  const take = useCallback((token: string) => setPass({ token, agent }), [setPass, agent]);
  // An answer that was asked for before Chatwoot named another one renews the pass of who asked.
  const renew = (token: string) => setPass({ token, agent: pass?.agent ?? agent });
  const query = useQuery(panelQuery(context?.conversation ?? null, pass?.token ?? null, renew));
  const ended = query.error instanceof ApiError && query.error.status === 401;
  // Whom Chatwoot names is no proof, so it opens nothing; but when it names another one, he is not shown the numbers of
  // the first, who left his pass in this tab.
  const other = pass != null && pass.agent !== null && agent !== null && pass.agent !== agent;
  const gone = ended ? "over" : other ? "other" : null;
  useEffect(() => {
    if (gone === null) return;
    setLack(gone);
    setPass(null);
    queries.removeQueries({ queryKey: ["panel", context?.conversation ?? null] });
  }, [gone, setPass, queries, context]);
  if (pass === undefined) return <SkeletonList />;
  if (pass === null || gone !== null) return <Connect lack={gone ?? lack} onPass={take} />;
  if (context === null) return <EmptyState icon={<MessagesSquare className="size-6" />} title={t("waiting")} text={t("waiting_text")} />;
  if (query.data) return <PanelBody panel={query.data} />;
  if (query.error instanceof ApiError && query.error.status === 404) return <EmptyState title={t("unknown")} text={t("unknown_text")} />;
  if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <SkeletonList />;
}
