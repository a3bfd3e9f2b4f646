"use client";

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Building2, ChevronsUpDown } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRole } from "@/features/session/api";
import { meQuery } from "@/features/session/me";
import { actFor } from "@/shared/api/acting";
import { Menu, MenuChoices, MenuLabel } from "@/shared/ui/menu";

/** For which organisation one acts, and a change to another one of his. */
export function OrganisationSwitch() {
  const t = useTranslations("nav");
  const queries = useQueryClient();
  const client = useRole() === "client";
  const me = useQuery({ ...meQuery, enabled: client, placeholderData: keepPreviousData }).data;
  if (!client && me?.role !== "client") return null;
  const all = me?.organisations ?? [];
  const shown = all.find((each) => each.organisation_id === me?.organisation_id) ?? all[0];
  if (!shown) return null;
  const name = (
    <>
      <Building2 aria-hidden className="size-4.5 shrink-0 text-muted" strokeWidth={1.75} />
      <span className="truncate">{shown.name}</span>
    </>
  );
  if (all.length < 2) return <p className="flex min-h-11 min-w-0 items-center gap-2 px-2 text-[0.95rem] font-medium"><span className="sr-only">{t("organisations")}</span>{name}</p>;
  async function choose(organisation: string) {
    await queries.cancelQueries(); // what is on its way was asked for the other one
    actFor(organisation);
  }
  const options = all.map((each) => ({ value: each.organisation_id, label: `${each.name} · ${each.inn}` }));
  const trigger = (
    <button type="button" aria-label={t("organisation_of", { name: shown.name })} className="flex min-h-11 max-w-full min-w-0 items-center gap-2 rounded-xl px-2 text-[0.95rem] font-medium hover:bg-sunken">
      {name}
      <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
    </button>
  );
  return (
    <Menu align="start" trigger={trigger}>
      <MenuLabel>{t("organisations")}</MenuLabel>
      <MenuChoices value={shown.organisation_id} onChange={(value) => void choose(value)} options={options} />
    </Menu>
  );
}
