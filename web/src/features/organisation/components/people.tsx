"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { useMe, type MyOrganisation } from "@/features/session/me";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { membersQuery, ROLES, useChangeRole, useRemoveMember, useTransfer, type Member, type MemberRole } from "../api";

const Invitations = dynamic(() => import("./invitations").then((found) => found.Invitations));

/** Who belongs to the organisation, with which role. */
export function People({ organisation }: { organisation: MyOrganisation }) {
  const t = useTranslations("organisation.people");
  const query = useQuery(membersQuery(organisation.organisation_id));
  const manages = organisation.rights.includes("members:write");
  return (
    <div className="flex flex-col gap-5">
      <Section title={t("title")} flush>
        <Loaded query={query}>{(members) => <Members organisation={organisation} members={members} manages={manages} />}</Loaded>
      </Section>
      {manages && <Invitations organisation={organisation.organisation_id} />}
    </div>
  );
}

function Members({ organisation, members, manages }: { organisation: MyOrganisation; members: Member[]; manages: boolean }) {
  const t = useTranslations("organisation.people");
  const format = useFormat();
  const me = useMe().data;
  const columns: Column<Member>[] = [
    {
      key: "name", title: t("name"), lead: true,
      cell: (row) => (
        <span className="block">
          {row.name} {row.person_id === me?.person_id && <span className="font-normal text-muted">({t("me")})</span>}
          <span className="block text-sm font-normal break-all text-muted">{row.email ?? row.phone_number}</span>
        </span>
      ),
    },
    { key: "role", title: t("role"), cell: (row) => <Role organisation={organisation.organisation_id} row={row} fixed={!manages || row.owner} /> },
    { key: "seen", title: t("seen"), cell: (row) => <span className="num">{row.seen_at ? format.moments(row.seen_at) : "—"}</span> },
    { key: "acts", title: t("acts"), right: true, cell: (row) => !row.owner && (manages || organisation.owner || row.person_id === me?.person_id) && <Acts organisation={organisation} row={row} own={row.person_id === me?.person_id} manages={manages} /> },
  ];
  return <Table caption={t("title")} columns={columns} rows={members} id={(row) => row.person_id} />;
}

function Role({ organisation, row, fixed }: { organisation: string; row: Member; fixed: boolean }) {
  const t = useTranslations("organisation");
  const change = useChangeRole(organisation);
  const say = useToast();
  if (row.owner) return <Badge tone="accent">{t("role.owner")}</Badge>;
  if (fixed) return <Badge>{t(`role.${row.role as MemberRole}`)}</Badge>;
  return (
    <select
      aria-label={t("people.role_of", { name: row.name })}
      value={row.role}
      disabled={change.isPending}
      onChange={(event) => change.mutate({ person: row.person_id, role: event.target.value as MemberRole }, { onSuccess: () => say.done(t("people.role_changed")), onError: say.failed })}
      className="min-h-11 rounded-xl border border-line-strong/70 bg-surface px-3"
    >
      {ROLES.map((role) => <option key={role} value={role}>{t(`role.${role}`)}</option>)}
    </select>
  );
}

function Acts({ organisation, row, own, manages }: { organisation: MyOrganisation; row: Member; own: boolean; manages: boolean }) {
  const t = useTranslations("organisation.people");
  const remove = useRemoveMember(organisation.organisation_id);
  const transfer = useTransfer(organisation.organisation_id);
  const say = useToast();
  const telling = (act: () => Promise<unknown>, text: string) => async () => {
    try {
      await act();
      say.done(text);
    } catch (error) {
      say.failed(error);
      throw error;
    }
  };
  return (
    <span className="inline-flex flex-wrap justify-end gap-1">
      {organisation.owner && <ConfirmButton look="quiet" label={t("hand_over")} title={t("hand_over_title", { name: row.name })} text={t("hand_over_text")} act={telling(() => transfer.mutateAsync(row.person_id), t("handed_over"))} />}
      {(manages || own) && <ConfirmButton label={t(own ? "leave" : "remove")} title={t(own ? "leave_title" : "remove_title", { name: row.name })} text={t("remove_text")} act={telling(() => remove.mutateAsync(row.person_id), t("removed"))} />}
    </span>
  );
}
