"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useDeferredValue, useState } from "react";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Loaded, Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { companiesQuery, useDecide, type Pair } from "../api";

/** Say by hand which client an organisation is, where no rule found it. */
export function PickDialog({ organisation, onClose }: { organisation: Pair; onClose: () => void }) {
  const t = useTranslations("merges");
  const [typed, setTyped] = useState(organisation.inn);
  const words = useDeferredValue(typed.trim());
  const query = useQuery(companiesQuery(words));
  const decide = useDecide();
  const say = useToast();
  const errorText = useErrorText();
  function choose(client: string) {
    decide.mutate({ organisation_id: organisation.organisation_id, client_id: client, same: true }, { onSuccess: () => { say.done(t("joined")); onClose(); } });
  }
  return (
    <Dialog open onClose={onClose} title={t("pick_title", { name: organisation.name })} text={t("pick_text")}>
      <div className="flex flex-col gap-4">
        {decide.error && <Notice tone="bad">{errorText(decide.error)}</Notice>}
        <Input type="search" label={t("search")} value={typed} maxLength={100} onChange={(event) => setTyped(event.target.value)} />
        {words.length > 1 && (
          <Loaded query={query}>
            {({ items }) =>
              items.length === 0 ? <p className="text-muted">{t("pick_none")}</p> : (
                <ul className="divide-y divide-line">
                  {items.map((each) => (
                    <li key={each.client_id} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
                      <span className="min-w-0"><span className="block font-medium">{each.company_name ?? "—"}</span><span className="num block text-sm text-muted">{[each.org_inn, each.code_abonent, each.phone_number].filter(Boolean).join(" · ")}</span></span>
                      <Button look="secondary" disabled={decide.isPending} onClick={() => choose(each.client_id)}>{t("same")}</Button>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        )}
      </div>
    </Dialog>
  );
}
