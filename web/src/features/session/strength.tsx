"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { strengthQuery } from "./api";

const REST_MILLIS = 300;
const TONES = ["bg-bad", "bg-bad", "bg-warn", "bg-good", "bg-good"];

/** How strong a password is; asked of the server when the typing rests. */
export function Strength({ password, about }: { password: string; about: string[] }) {
  const t = useTranslations("common.strength");
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setRested(password), REST_MILLIS);
    return () => clearTimeout(timer);
  }, [password]);
  const query = useQuery({ ...strengthQuery(rested, about), placeholderData: keepPreviousData });
  if (!password || !query.data) return null;
  const score = Math.min(4, Math.max(0, query.data.score)) as 0 | 1 | 2 | 3 | 4;
  return (
    <div className="-mt-1" aria-live="polite">
      <div aria-hidden className="mb-1.5 grid grid-cols-4 gap-1.5">
        {[1, 2, 3, 4].map((step) => <span key={step} className={clsx("h-1.5 rounded-full", step <= Math.max(1, score) ? TONES[score] : "bg-line")} />)}
      </div>
      <p className={clsx("text-sm", query.data.good ? "text-good" : "text-muted")}>{t("label")}: {t(`s${score}`)}</p>
      {query.data.breached && <p className="text-sm text-bad">{t("breached")}</p>}
    </div>
  );
}
