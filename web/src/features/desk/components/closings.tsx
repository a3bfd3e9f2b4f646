"use client";

import clsx from "clsx";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRole } from "@/features/session/api";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { useToast } from "@/shared/ui/toast";
import { useClosing, type Manager } from "../api";
import { closedToday } from "./hand-over";

const DAYS = 14;

/** On which days a manager takes no more, and a window in which that is changed. */
export function Closings({ manager }: { manager: Manager }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const role = useRole();
  const fixed = role === "auditor" || (role === "manager" && !manager.own);
  const today = closedToday(manager);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)} className="relative inline-flex min-h-11 items-center gap-1.5 rounded-lg px-1 hover:bg-sunken">
        <span className="sr-only">{t("closings.open", { name: manager.name })} </span>
        <Badge tone={today ? "warn" : "good"} dot>{t(today ? "closings.closed" : "closings.taking")}</Badge>
        {manager.closed.length > (today ? 1 : 0) && <span className="num text-sm text-muted">+{manager.closed.length - (today ? 1 : 0)}</span>}
      </button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("closings.title", { name: manager.name })} text={t(fixed && role === "manager" ? "closings.others" : "closings.text")}>
        <ul className="grid gap-2 sm:grid-cols-2">
          {days(format.key.bind(format)).map((day) => <Day key={day} manager={manager} day={day} fixed={fixed} />)}
        </ul>
      </Dialog>
    </>
  );
}

function Day({ manager, day, fixed }: { manager: Manager; day: string; fixed: boolean }) {
  const t = useTranslations("desk");
  const format = useFormat();
  const say = useToast();
  const act = useClosing();
  const closed = manager.closed.includes(day);
  return (
    <li className={clsx("flex items-center justify-between gap-2 rounded-xl border px-3 py-1.5", closed ? "border-warn bg-warn-soft" : "border-line")}>
      <span className="text-sm">
        {format.weekday(`${day}T12:00:00+05:00`)}
        {manager.unsent.includes(day) && <span className="block text-muted">{t("closings.unsent")}</span>}
      </span>
      {fixed ? closed && <Badge tone="warn">{t("closings.closed")}</Badge> : (
        <Button look="quiet" busy={act.isPending} onClick={() => act.mutate({ manager: manager.manager_key, day, closed: !closed }, { onError: say.failed })}>
          {t(closed ? "closings.reopen" : "closings.close")}
        </Button>
      )}
    </li>
  );
}

/** Today and the days after it, in Tashkent, as YYYY-MM-DD. */
function days(key: (when: Date) => string): string[] {
  const now = Date.now();
  return Array.from({ length: DAYS }, (_, at) => key(new Date(now + at * 86_400_000)));
}
