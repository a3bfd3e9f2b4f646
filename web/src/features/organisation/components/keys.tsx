"use client";

import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { ConfirmButton, Dialog } from "@/shared/ui/dialog";
import { Section } from "@/shared/ui/page";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { useToast } from "@/shared/ui/toast";
import { keysQuery, useEndKey, type Key } from "../api";
import { NewKey } from "./new-key";

/** Keys by which programs act for the organisation. */
export function Keys({ organisation, writes }: { organisation: string; writes: boolean }) {
  const t = useTranslations("organisation.keys");
  const format = useFormat();
  const [making, setMaking] = useState(false);
  const [fresh, setFresh] = useState<string | null>(null);
  const query = useQuery(keysQuery(organisation));
  const end = useEndKey(organisation);
  const say = useToast();
  const columns: Column<Key>[] = [
    { key: "name", title: t("name"), lead: true, cell: (row) => row.name },
    { key: "rights", title: t("rights"), cell: (row) => t(row.scopes.includes("consultations:create") ? "write" : "read") },
    { key: "made", title: t("made"), cell: (row) => <span className="num">{format.day(row.created_at)}</span> },
    { key: "until", title: t("until"), cell: (row) => (row.over ? <Badge tone="bad">{t("over")}</Badge> : <span className="num">{row.expires_at ? format.date(row.expires_at) : t("always")}</span>) },
    {
      key: "acts", title: t("acts"), right: true,
      cell: (row) => writes && <ConfirmButton label={t("end")} title={t("end_title", { name: row.name })} text={t("end_text")} act={() => end.mutateAsync(row.id).catch((error: unknown) => { say.failed(error); throw error; })} />,
    },
  ];
  const make = writes && <Button onClick={() => setMaking(true)}>{t("make")}</Button>;
  return (
    <Section title={t("title")} text={t("text")} flush actions={make}>
      <Loaded query={query}>
        {(keys) => (keys.length === 0 ? <EmptyState icon={<KeyRound className="size-6" />} title={t("none")} text={t("none_text")} /> : <Table caption={t("title")} columns={columns} rows={keys} id={(row) => row.id} />)}
      </Loaded>
      <NewKey organisation={organisation} open={making} onClose={() => setMaking(false)} onMade={setFresh} />
      <FreshKey token={fresh} onClose={() => setFresh(null)} />
    </Section>
  );
}

function FreshKey({ token, onClose }: { token: string | null; onClose: () => void }) {
  const t = useTranslations("organisation.keys");
  const common = useTranslations("common");
  const say = useToast();
  async function copy() {
    await navigator.clipboard.writeText(token ?? "");
    say.done(common("copied"));
  }
  const footer = <><Button look="secondary" onClick={() => void copy()}>{common("copy")}</Button><Button onClick={onClose}>{common("done")}</Button></>;
  return (
    <Dialog open={token !== null} onClose={onClose} title={t("fresh")} text={t("fresh_text")} footer={footer}>
      <p className="rounded-xl bg-sunken px-4 py-3 font-mono text-[0.95rem] break-all select-all">{token}</p>
    </Dialog>
  );
}
