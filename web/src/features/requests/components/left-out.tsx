"use client";

import { useTranslations } from "next-intl";
import { MEGABYTES, MOST, type Chosen } from "../chosen";

/** Which of the picked files stay behind, and why. */
export function LeftOut({ chosen }: { chosen: Pick<Chosen, "large" | "tooMany"> | null }) {
  const t = useTranslations("requests.left_out");
  if (!chosen || (chosen.large.length === 0 && !chosen.tooMany)) return null;
  return (
    <div role="alert" className="flex flex-col gap-1 text-sm break-words text-bad">
      {chosen.large.length > 0 && <p>{t("large", { names: chosen.large.join(", "), megabytes: MEGABYTES })}</p>}
      {chosen.tooMany && <p>{t("many", { most: MOST })}</p>}
    </div>
  );
}
