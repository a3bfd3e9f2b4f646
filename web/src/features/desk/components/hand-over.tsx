"use client";

import { useQuery } from "@tanstack/react-query";
import { UserRoundCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { Badge } from "@/shared/ui/badge";
import { Dialog } from "@/shared/ui/dialog";
import { Input } from "@/shared/ui/field";
import { Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { managersQuery, useHandOver, type Card, type Manager } from "../api";
import { useAgainst } from "../fitness";
import { Load } from "./marks";

/** A button and a window: who else could take a request, whom nothing speaks against and the least loaded first. */
export function HandOver({ request }: { request: Card }) {
  const t = useTranslations("desk");
  const say = useToast();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const query = useQuery({ ...managersQuery, enabled: open });
  const act = useHandOver(request);
  const against = useAgainst(request);
  const give = (manager: Manager) =>
    act.mutate(manager.manager_key, {
      onSuccess: () => { setOpen(false); say.done(t("hand_over.done", { name: manager.name })); },
      onError: (error) => { setOpen(false); say.failed(error); },
    });
  const fits = (each: Manager) => each.manager_key !== request.manager && each.name.toLowerCase().includes(typed.trim().toLowerCase());
  return (
    <>
      <Button onClick={() => setOpen(true)}><UserRoundCheck aria-hidden className="size-4" />{t("hand_over.act")}</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("hand_over.title")} text={`${t("hand_over.text")} ${t("hand_over.warned")}`}>
        <Input type="search" label={t("search")} value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={60} />
        <Loaded query={query}>
          {(managers) => (
            <ul className="mt-3 flex flex-col">
              {ranked(managers.filter(fits), against).map(([each, warnings]) => (
                <li key={each.manager_key} className="border-b border-line last:border-0">
                  <button type="button" disabled={act.isPending} onClick={() => give(each)} className="grid min-h-14 w-full grid-cols-[minmax(0,1fr)_8rem] items-center gap-3 rounded-lg px-2 py-2 text-left hover:bg-sunken">
                    <span className="min-w-0">
                      <span className="flex flex-wrap items-center gap-2 font-medium">{each.name}{warnings.map((text) => <Badge key={text} tone="warn">{text}</Badge>)}</span>
                      <span className="line-clamp-1 text-sm text-muted">{each.department ?? "—"}</span>
                    </span>
                    <span className="num text-right text-sm text-muted">
                      {t("managers.waiting_of", { waiting: each.waiting, limit: each.limit ?? 0 })}
                      <Load percent={each.load_percent} label={t("managers.load_of", { percent: each.load_percent ?? 0 })} />
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Dialog>
    </>
  );
}

type Ranked = [Manager, string[]];

function ranked(managers: Manager[], against: (manager: Manager) => string[]): Ranked[] {
  const load = ([manager]: Ranked) => manager.load_percent ?? 999;
  return managers.map((each): Ranked => [each, against(each)]).sort((one, other) => one[1].length - other[1].length || load(one) - load(other));
}

/** Whether a manager takes no more today, in Tashkent. */
export function closedToday(manager: Manager): boolean {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Tashkent" }).format(new Date());
  return manager.closed.includes(today);
}
