"use client";

import { useTranslations } from "next-intl";
import type { MyOrganisation } from "@/features/session/me";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useRename } from "../api";

export function RenameDialog({ organisation, open, onClose }: { organisation: MyOrganisation; open: boolean; onClose: () => void }) {
  const t = useTranslations("organisation");
  const common = useTranslations("common");
  const form = useZodForm(async () => (await import("../schema")).named, { name: organisation.name });
  const wrong = useWrong();
  const rename = useRename(organisation.organisation_id);
  const say = useErrorText();
  const refused = useRefused(form, rename.error);
  const submit = form.handleSubmit(({ name }) => rename.mutate(name, { onSuccess: onClose }));
  return (
    <Dialog open={open} onClose={onClose} title={t("rename")}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
        <Input label={t("name")} error={wrong(form.formState.errors.name)} {...form.register("name")} />
        <Button type="submit" busy={rename.isPending} className="self-end">{common("save")}</Button>
      </form>
    </Dialog>
  );
}
