"use client";

import clsx from "clsx";
import { Paperclip } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { saidFileAddress } from "../api";
import type { Said, Talk } from "../talk";

/** One message. */
export function Bubble({ id, said, named }: { id: string; said: Said; named: boolean }) {
  const t = useTranslations("requests.chat");
  const format = useFormat();
  const own = said.side === "client";
  return (
    <div className={clsx("flex max-w-[85%] min-w-0 flex-col", own ? "items-end self-end" : "items-start self-start", named && "mt-2")}>
      {named && <p className="mb-1 px-1 text-sm text-muted">{own ? t("you") : (said.author ?? t("desk"))}</p>}
      <div className={clsx("max-w-full min-w-0 rounded-2xl px-4 py-2.5", own ? "rounded-br-md bg-accent text-on-accent" : "rounded-bl-md border border-line bg-surface")}>
        {said.text && <p className="leading-6 wrap-anywhere whitespace-pre-line">{said.text}</p>}
        {said.files.map((file) => (
          <a key={file.id} href={saidFileAddress(id, file.id)} download className="flex min-h-11 items-center gap-2 underline underline-offset-4">
            <Paperclip aria-hidden className="size-4 shrink-0" />
            <span className="break-all">{file.name ?? t("file")}</span>
          </a>
        ))}
        <time dateTime={said.at} className={clsx("num mt-0.5 block text-right text-xs", own ? "opacity-85" : "text-muted")}>{format.time(said.at)}</time>
      </div>
    </div>
  );
}

/** What is on its way into the talk. */
export function Going({ going }: { going: Talk["sending"][number] }) {
  const t = useTranslations("requests.chat");
  const own = going.side === "client";
  return (
    <div className={clsx("max-w-[85%] min-w-0 rounded-2xl border border-dashed border-line bg-surface px-4 py-2.5", own ? "self-end" : "self-start")}>
      {going.text && <p className="leading-6 wrap-anywhere whitespace-pre-line">{going.text}</p>}
      {going.files.map((name) => <p key={name} className="break-all">{name}</p>)}
      <p className="mt-0.5 text-right text-xs text-muted">{t(going.state === "refused" ? "refused" : "pending")}</p>
    </div>
  );
}
