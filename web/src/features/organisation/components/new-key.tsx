"use client";

import { useTranslations } from "next-intl";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input, Select } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useMakeKey } from "../api";

const READ = ["consultations:read", "dicts:read", "live", "notifications:read"];
const WRITE = [...READ, "consultations:create", "consultations:write"];
const DAYS = { d30: 30, d90: 90, d365: 365, never: null } as const;

type Wanted = { name: string; rights: "read" | "write"; days: keyof typeof DAYS };

export function NewKey({ organisation, open, onClose, onMade }: { organisation: string; open: boolean; onClose: () => void; onMade: (token: string) => void }) {
  const t = useTranslations("organisation.keys");
  const form = useZodForm<Wanted>(async () => (await import("../schema")).key, { name: "", rights: "read", days: "d365" });
  const wrong = useWrong();
  const make = useMakeKey(organisation);
  const say = useErrorText();
  const refused = useRefused(form, make.error);
  const submit = form.handleSubmit(({ name, rights, days }) => {
    const body = { name, scopes: rights === "read" ? READ : WRITE, days: DAYS[days] };
    make.mutate(body, { onSuccess: ({ token }) => { form.reset(); onClose(); onMade(token); } });
  });
  return (
    <Dialog open={open} onClose={onClose} title={t("make")}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
        <Input label={t("name")} hint={t("name_hint")} error={wrong(form.formState.errors.name)} {...form.register("name")} />
        <Select label={t("rights")} {...form.register("rights")} options={(["read", "write"] as const).map((value) => ({ value, label: t(value) }))} />
        <Select label={t("days")} {...form.register("days")} options={(Object.keys(DAYS) as (keyof typeof DAYS)[]).map((value) => ({ value, label: t(`days_of.${value}`) }))} />
        <Button type="submit" className="self-end" busy={make.isPending}>{t("make")}</Button>
      </form>
    </Dialog>
  );
}
