"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue } from "react";
import { useRole } from "@/features/session/api";
import { useMe } from "@/features/session/me";
import { useInAddress } from "@/shared/lib/address";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Input, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { peopleQuery, STAFF_ROLES, useChangePerson, type Person, type Whose } from "../api";
import { Role } from "./role";

/** People with accounts; an administrator gives roles and locks. */
export function People() {
  const t = useTranslations("people");
  const [typed, setTyped] = useInAddress("q");
  const [role, setRole] = useInAddress("role", "", ["client", ...STAFF_ROLES]);
  const query = useInfiniteQuery(peopleQuery(useDeferredValue(typed.trim()), (role || undefined) as Whose | undefined));
  const roles = (["client", ...STAFF_ROLES] as const).map((each) => ({ value: each, label: t(`role.${each}`) }));
  return (
    <Section flush>
      <div className="grid gap-4 px-5 py-4 md:grid-cols-[2fr_1fr]">
        <Input type="search" label={t("search")} maxLength={100} value={typed} onChange={(event) => setTyped(event.target.value)} />
        <Select label={t("role_label")} empty={t("all")} options={roles} value={role} onChange={(event) => setRole(event.target.value)} />
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? <EmptyState icon={<Users className="size-6" />} title={t("none")} /> : <Rows rows={rows} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

function Rows({ rows }: { rows: Person[] }) {
  const t = useTranslations("people");
  const format = useFormat();
  const columns: Column<Person>[] = [
    { key: "name", title: t("column.name"), lead: true, cell: (row) => <span className="block md:min-w-52">{row.name}<span className="block text-sm font-normal text-muted [overflow-wrap:anywhere]">{row.email ?? row.phone_number}</span></span> },
    { key: "role", title: t("column.role"), cell: (row) => <RoleOf row={row} /> },
    { key: "where", title: t("column.organisations"), cell: (row) => row.organisations.map((each) => each.name).join(", ") || "—" },
    { key: "safe", title: t("column.second_factor"), cell: (row) => <Badge tone={row.second_factor ? "good" : "plain"}>{t(row.second_factor ? "on" : "off")}</Badge> },
    { key: "seen", title: t("column.seen"), cell: (row) => <span className="num">{row.seen_at ? format.moments(row.seen_at) : "—"}</span> },
    { key: "lock", title: t("column.state"), right: true, cell: (row) => <span className="md:[&_button]:whitespace-nowrap"><Lock row={row} /></span> },
  ];
  return <Table caption={t("title")} columns={columns} rows={rows} id={(row) => row.person_id} />;
}

/** Whether he who looks may change this one: an administrator, and nobody himself. */
function useMay(row: Person): boolean {
  const me = useMe().data;
  return useRole() === "administrator" && me?.person_id !== row.person_id;
}

function RoleOf({ row }: { row: Person }) {
  return <Role row={row} may={useMay(row)} />;
}

function Lock({ row }: { row: Person }) {
  const t = useTranslations("people");
  const change = useChangePerson();
  const say = useToast();
  const may = useMay(row);
  if (!may) return <Badge tone={row.locked ? "bad" : "good"}>{t(row.locked ? "locked" : "open")}</Badge>;
  const act = async () => {
    try {
      await change.mutateAsync({ person: row.person_id, locked: !row.locked });
      say.done(t("changed"));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  };
  const name = row.name;
  return row.locked
    ? <ConfirmButton look="quiet" label={t("unlock")} title={t("unlock_title", { name })} text={t("unlock_text")} act={act} />
    : <ConfirmButton label={t("lock")} title={t("lock_title", { name })} text={t("lock_text")} act={act} />;
}
