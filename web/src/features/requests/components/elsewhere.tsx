"use client";

import { useQuery } from "@tanstack/react-query";
import { Building2, SearchX } from "lucide-react";
import { useTranslations } from "next-intl";
import { actFor } from "@/shared/api/acting";
import { Link } from "@/shared/i18n/link";
import { Button, buttonLook } from "@/shared/ui/button";
import { EmptyState, SkeletonList } from "@/shared/ui/state";
import { whereQuery } from "../api";

/** A request that the organisation in sight has not: of another one of the reader's, or of nobody he speaks for. */
export function Elsewhere({ id }: { id: string }) {
  const t = useTranslations("requests.elsewhere");
  const found = useQuery(whereQuery(id));
  if (found.isPending) return <SkeletonList rows={2} />;
  if (!found.data) {
    const back = <Link href="/requests" className={buttonLook("secondary")}>{t("back")}</Link>;
    return <EmptyState icon={<SearchX className="size-6" />} title={t("unknown")} text={t("unknown_text")} action={back} />;
  }
  const { organisation_id: organisation, name } = found.data;
  const turn = <Button onClick={() => actFor(organisation)}>{t("turn", { name })}</Button>;
  return <EmptyState icon={<Building2 className="size-6" />} title={t("other")} text={t("other_text", { name })} action={turn} />;
}
