"use client";

import { useTranslations } from "next-intl";
import { useState, type FormEvent } from "react";
import type { MyOrganisation } from "@/features/session/me";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { useErrorText } from "@/shared/ui/state";
import { useRename } from "../api";

export function RenameDialog({ organisation, open, onClose }: { organisation: MyOrganisation; open: boolean; onClose: () => void }) {
  const t = useTranslations("organisation");
  const common = useTranslations("common");
  const [name, setName] = useState(organisation.name);
  const rename = useRename(organisation.organisation_id);
  const say = useErrorText();
  function submit(event: FormEvent) {
    event.preventDefault();
    rename.mutate(name.trim(), { onSuccess: onClose });
  }
  return (
    <Dialog open={open} onClose={onClose} title={t("rename")}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Input label={t("name")} required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} error={rename.error ? say(rename.error) : undefined} />
        <Button type="submit" busy={rename.isPending} className="self-end">{common("save")}</Button>
      </form>
    </Dialog>
  );
}
