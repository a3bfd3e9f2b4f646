"use client";

import { useTranslations } from "next-intl";
import { useState, type FormEvent } from "react";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input, Select } from "@/shared/ui/field";
import { useErrorText } from "@/shared/ui/state";
import { useMakeKey } from "../api";

const READ = ["consultations:read", "dicts:read", "live", "notifications:read"];
const WRITE = [...READ, "consultations:create", "consultations:write"];
const DAYS = { d30: 30, d90: 90, d365: 365, never: null } as const;

export function NewKey({ organisation, open, onClose, onMade }: { organisation: string; open: boolean; onClose: () => void; onMade: (token: string) => void }) {
  const t = useTranslations("organisation.keys");
  const [name, setName] = useState("");
  const [rights, setRights] = useState("read");
  const [days, setDays] = useState<keyof typeof DAYS>("d365");
  const make = useMakeKey(organisation);
  const say = useErrorText();
  function submit(event: FormEvent) {
    event.preventDefault();
    const body = { name: name.trim(), scopes: rights === "read" ? READ : WRITE, days: DAYS[days] };
    make.mutate(body, { onSuccess: ({ token }) => { setName(""); onClose(); onMade(token); } });
  }
  return (
    <Dialog open={open} onClose={onClose} title={t("make")}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Input label={t("name")} hint={t("name_hint")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} error={make.error ? say(make.error) : undefined} />
        <Select label={t("rights")} value={rights} onChange={(event) => setRights(event.target.value)} options={(["read", "write"] as const).map((value) => ({ value, label: t(value) }))} />
        <Select label={t("days")} value={days} onChange={(event) => setDays(event.target.value as keyof typeof DAYS)} options={(Object.keys(DAYS) as (keyof typeof DAYS)[]).map((value) => ({ value, label: t(`days_of.${value}`) }))} />
        <Button type="submit" className="self-end" busy={make.isPending}>{t("make")}</Button>
      </form>
    </Dialog>
  );
}
