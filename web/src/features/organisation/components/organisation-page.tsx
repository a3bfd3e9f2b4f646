"use client";

import { Building2 } from "lucide-react";
import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";
import { useMe, type MyOrganisation } from "@/features/session/me";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Facts, PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, Loaded, Notice, SkeletonList } from "@/shared/ui/state";
import { Tabs, type Tab } from "@/shared/ui/tabs";
import { People } from "./people";

const RenameDialog = dynamic(() => import("./rename-dialog").then((found) => found.RenameDialog));
const NewOrganisation = dynamic(() => import("./new-organisation").then((found) => found.NewOrganisation));
const Audit = dynamic(() => import("./audit").then((found) => found.Audit), { loading: () => <SkeletonList /> });
const Keys = dynamic(() => import("./keys").then((found) => found.Keys), { loading: () => <SkeletonList /> });

/** The organisation that the person acts for: what it is, who belongs to it. */
export function OrganisationPage() {
  const t = useTranslations("organisation");
  const me = useMe();
  return (
    <Suspense>
      <Loaded query={me}>
        {(known) => {
          if (known === null) return <><PageHeader title={t("title")} /><EmptyState icon={<Building2 className="size-6" />} title={t("no_account")} text={t("no_account_text")} /></>;
          const shown = known.organisations.find((each) => each.organisation_id === known.organisation_id) ?? known.organisations[0];
          return shown ? <Shown key={shown.organisation_id} organisation={shown} /> : <NewOrganisation first />;
        }}
      </Loaded>
    </Suspense>
  );
}

function Shown({ organisation }: { organisation: MyOrganisation }) {
  const t = useTranslations("organisation");
  const [renaming, setRenaming] = useState(false);
  const router = useRouter();
  const tab = useSearchParams().get("tab") ?? "people";
  const may = (right: string) => organisation.rights.includes(right);
  const tabs: Tab[] = [
    { value: "people", label: t("people.tab"), content: <People organisation={organisation} /> },
    ...(may("keys:read") ? [{ value: "keys", label: t("keys.tab"), content: <Keys organisation={organisation.organisation_id} writes={may("keys:write")} /> }] : []),
    ...(may("organisation-audit:read") ? [{ value: "audit", label: t("audit.tab"), content: <Audit organisation={organisation.organisation_id} /> }] : []),
    { value: "about", label: t("about.tab"), content: <About organisation={organisation} /> },
  ];
  const actions = may("organisation:write") ? <Button look="secondary" onClick={() => setRenaming(true)}>{t("rename")}</Button> : undefined;
  const known = tabs.some((each) => each.value === tab) ? tab : "people";
  return (
    <>
      <PageHeader title={organisation.name} text={t("line", { inn: organisation.inn })} actions={actions} />
      {!organisation.client_id && <div className="mb-5"><Notice tone="warn">{t("unsure")}</Notice></div>}
      <Tabs label={t("title")} tabs={tabs} value={known} onChange={(value) => router.replace(`?tab=${value}`, { scroll: false })} />
      {renaming && <RenameDialog organisation={organisation} open={renaming} onClose={() => setRenaming(false)} />}
    </>
  );
}

function About({ organisation }: { organisation: MyOrganisation }) {
  const t = useTranslations("organisation");
  const role = organisation.owner ? t("role.owner") : t(`role.${organisation.role as "admin"}`);
  return (
    <div className="flex flex-col gap-5">
      <Section>
        <Facts
          items={[
            { name: t("name"), value: organisation.name },
            { name: t("inn"), value: <span className="num">{organisation.inn}</span> },
            { name: t("code"), value: <span className="num">{organisation.code ?? "—"}</span> },
            { name: t("my_role"), value: role },
            { name: t("desk"), value: <Badge tone={organisation.client_id ? "good" : "warn"} dot>{t(organisation.client_id ? "matched" : "waiting")}</Badge> },
          ]}
        />
      </Section>
      <NewOrganisation />
    </div>
  );
}
