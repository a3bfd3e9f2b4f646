"use client";

import { Paperclip, SendHorizontal, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { useDraft } from "@/features/session/draft";
import { ApiError } from "@/shared/api/client";
import { IconButton } from "@/shared/ui/button";
import { useErrorText } from "@/shared/ui/state";
import { choose, type Chosen } from "../chosen";
import { useWrite } from "../talk";
import { LeftOut } from "./left-out";

/** Where a message is written: Enter sends, Shift+Enter begins a new line; on a screen keyboard Enter always does. */
export function Composer({ id }: { id: string }) {
  const t = useTranslations("requests.chat");
  const [text, keepText] = useDraft(`talk.${id}`, "");
  const [files, setFiles] = useState<File[]>([]);
  const [left, setLeft] = useState<Chosen | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const key = useRef<string | null>(null);
  const write = useWrite(id);
  const say = useErrorText();
  const empty = text.trim() === "" && files.length === 0;
  function send() {
    if (empty || write.isPending) return;
    // The same key for another try of the same words: a lost answer doubles nothing.
    key.current ??= crypto.randomUUID();
    write.mutate({ text: text.trim(), files, key: key.current }, {
      onSuccess: () => { keepText(null); setFiles([]); key.current = null; box.current?.focus(); },
      // Refused for good: another try is another message.
      onError: (error) => { if (error instanceof ApiError && error.status >= 400 && error.status < 500) key.current = null; },
    });
  }
  function pick(more: FileList | null) {
    const chosen = choose(files, more ?? []);
    setLeft(chosen);
    setFiles(chosen.files);
    key.current = null;
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    send();
  }
  function pressed(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    send();
  }
  return (
    <form onSubmit={submit} className="border-t border-line p-3 print:hidden">
      {write.error && <p role="alert" className="px-2 pb-2 text-sm text-bad">{say(write.error)}</p>}
      <LeftOut chosen={left} />
      {files.length > 0 && (
        <ul className="flex flex-wrap gap-2 pb-2">
          {files.map((file, at) => (
            <li key={`${file.name}-${at}`} className="flex max-w-full items-center rounded-xl bg-sunken pl-3 text-sm">
              <span className="truncate">{file.name}</span>
              <IconButton label={t("detach", { name: file.name })} onClick={() => { setLeft(null); key.current = null; setFiles(files.filter((_, other) => other !== at)); }}><X aria-hidden className="size-4" /></IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-1">
        <input ref={picker} type="file" multiple hidden aria-label={t("attach")} onChange={(event) => { pick(event.target.files); event.target.value = ""; }} />
        <IconButton label={t("attach")} onClick={() => picker.current?.click()}><Paperclip aria-hidden className="size-5" strokeWidth={1.75} /></IconButton>
        <textarea
          ref={box}
          rows={1}
          aria-label={t("write")}
          placeholder={t("placeholder")}
          maxLength={4000}
          value={text}
          onChange={(event) => { keepText(event.target.value); key.current = null; }}
          onKeyDown={pressed}
          className="field-sizing-content max-h-40 min-h-11 flex-1 resize-none rounded-xl border border-line-strong/60 bg-surface px-3.5 py-2.5 placeholder:text-muted"
        />
        <IconButton type="submit" label={t("send")} disabled={empty || write.isPending} className="!bg-accent !text-on-accent hover:!bg-accent-strong"><SendHorizontal aria-hidden className="size-5" /></IconButton>
      </div>
    </form>
  );
}
