"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Link } from "@/shared/i18n/link";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Section } from "@/shared/ui/page";
import { useToast } from "@/shared/ui/toast";
import { useDecide, type Pair } from "../api";
import { PickDialog } from "./pick-dialog";

type Sign = { name: string; here: string | null; there: string | null };

const bare = (text: string | null) => (text ?? "").toLowerCase().replace(/[^\p{L}\p{N}@]/gu, "");

/** One organisation beside each client that it may be. */
export function Proposal({ group, decides }: { group: Pair[]; decides: boolean }) {
  const t = useTranslations("merges");
  const format = useFormat();
  const [picking, setPicking] = useState(false);
  const own = group[0]!;
  const found = group.filter((each) => each.client_id !== null);
  const text = t("made", { owner: own.owner_name, day: format.date(own.created_at) });
  const pick = decides && <Button look="quiet" onClick={() => setPicking(true)}>{t("pick")}</Button>;
  return (
    <Section flush title={own.name} text={text} actions={pick}>
      {found.length === 0 && <p className="border-t border-line px-5 py-4 text-muted">{t("nobody", { inn: own.inn })}</p>}
      {found.map((pair) => <Side key={pair.client_id} pair={pair} decides={decides} />)}
      {picking && <PickDialog organisation={own} onClose={() => setPicking(false)} />}
    </Section>
  );
}

function Side({ pair, decides }: { pair: Pair; decides: boolean }) {
  const t = useTranslations("merges");
  const decide = useDecide();
  const say = useToast();
  const signs: Sign[] = [
    { name: t("name"), here: pair.name, there: pair.client_name },
    { name: t("inn"), here: pair.inn, there: pair.client_inn },
    { name: t("email"), here: pair.owner_email, there: pair.client_email },
    { name: t("phone"), here: pair.owner_phone, there: pair.client_phone },
    { name: t("code"), here: null, there: pair.client_code },
  ];
  async function act(same: boolean) {
    try {
      await decide.mutateAsync({ organisation_id: pair.organisation_id, client_id: pair.client_id!, same });
      say.done(t(same ? "joined" : "parted"));
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return (
    <div className="border-t border-line px-5 py-4">
      {pair.reason && <p className="mb-3 flex flex-wrap items-center gap-2"><Badge tone={pair.reason === "taken" ? "bad" : "warn"} dot>{t(`reason.${pair.reason as "taken"}`)}</Badge><span className="text-sm text-muted">{t(`reason_text.${pair.reason as "taken"}`, { name: pair.taken_by ?? "" })}</span></p>}
      <Compared signs={signs} client={pair.client_id!} />
      {decides && (
        <div className="mt-4 flex flex-wrap gap-2">
          {pair.reason !== "taken" && <ConfirmButton look="secondary" label={t("same")} title={t("same_title")} text={t("same_text", { name: pair.name, client: pair.client_name ?? pair.client_code ?? "" })} act={() => act(true)} />}
          <ConfirmButton look="secondary" label={t("other")} title={t("other_title")} text={t("other_text")} act={() => act(false)} />
        </div>
      )}
    </div>
  );
}

/** Both sides of each sign, and whether they agree. */
function Compared({ signs, client }: { signs: Sign[]; client: string }) {
  const t = useTranslations("merges");
  return (
    <table className="w-full table-fixed text-left text-[0.95rem] max-sm:text-sm">
      <thead className="text-sm text-muted">
        <tr>
          <th scope="col" className="w-[26%] pb-2 font-medium sm:w-[20%]"><span className="sr-only">{t("sign")}</span></th>
          <th scope="col" className="pb-2 font-medium">{t("organisation")}</th>
          <th scope="col" className="pb-2 pl-3 font-medium"><Link href={`/desk/client?id=${client}`} className="inline-flex min-h-11 items-center text-accent-strong hover:underline">{t("client")}</Link></th>
        </tr>
      </thead>
      <tbody>
        {signs.map((each) => {
          const agree = bare(each.here) !== "" && bare(each.here) === bare(each.there);
          return (
            <tr key={each.name} className="border-t border-line align-top">
              <th scope="row" className="py-2 pr-2 text-sm font-normal text-muted">{each.name}</th>
              <td className="py-2 break-words">{each.here ?? "—"}</td>
              <td className="py-2 pl-3 break-words"><span className="mr-2">{each.there ?? "—"}</span>{agree && <Badge tone="good">{t("agrees")}</Badge>}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
