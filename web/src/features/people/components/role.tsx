"use client";

import { Pencil } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Badge } from "@/shared/ui/badge";
import { Button, IconButton } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Select } from "@/shared/ui/field";
import { useToast } from "@/shared/ui/toast";
import { STAFF_ROLES, useChangePerson, type Person, type StaffRole } from "../api";

/** What a person is, and for who may: a window to make him something else. */
export function Role({ row, may }: { row: Person; may: boolean }) {
  const t = useTranslations("people");
  const [open, setOpen] = useState(false);
  const role = STAFF_ROLES.find((each) => each === row.role);
  return (
    <span className="inline-flex items-center gap-1">
      <Badge tone={role ? "accent" : "plain"}>{t(`role.${role ?? "client"}`)}</Badge>
      {may && <IconButton label={t("role_of", { name: row.name })} onClick={() => setOpen(true)}><Pencil aria-hidden className="size-4" /></IconButton>}
      {open && <Change row={row} onClose={() => setOpen(false)} />}
    </span>
  );
}

/** Not a list in the row: its arrows would give a role at each press, on the way to the wanted one too. */
function Change({ row, onClose }: { row: Person; onClose: () => void }) {
  const t = useTranslations("people");
  const [chosen, setChosen] = useState<string>(row.role ?? "");
  const change = useChangePerson();
  const say = useToast();
  const give = () =>
    change.mutate({ person: row.person_id, role: (chosen || null) as StaffRole | null }, { onSuccess: () => { say.done(t("changed")); onClose(); }, onError: say.failed });
  const roles = STAFF_ROLES.map((each) => ({ value: each, label: t(`role.${each}`) }));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("role_of", { name: row.name })}
      text={t("role_text")}
      footer={
        <>
          <Button look="secondary" onClick={onClose}>{t("cancel")}</Button>
          <Button busy={change.isPending} disabled={chosen === (row.role ?? "")} onClick={give}>{t("role_give")}</Button>
        </>
      }
    >
      <Select label={t("role_label")} empty={t("role.client")} options={roles} value={chosen} onChange={(event) => setChosen(event.target.value)} />
    </Dialog>
  );
}
