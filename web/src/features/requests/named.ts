"use client";

import { useTranslations } from "next-intl";
import type { Request } from "./api";
import { kindOf, shortNumber } from "./kinds";

/** What a request is called and who answers it. Support is outside of 1C: it gets no number, and whoever is on duty answers. */
export function useNamed(): { name: (request: Request) => string; manager: (request: Request) => string } {
  const t = useTranslations("requests");
  const support = (request: Request) => kindOf(request.consultation_type) === "support";
  return {
    name: (request) => (request.number ? t("number", { number: shortNumber(request.number) }) : t(support(request) ? "kind.support" : "no_number")),
    manager: (request) => request.manager_name ?? t(support(request) ? "on_duty" : "no_manager"),
  };
}
