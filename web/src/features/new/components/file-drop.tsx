"use client";

import clsx from "clsx";
import { Paperclip, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRef, useState, type DragEvent } from "react";
import { choose, type Chosen } from "@/features/requests/chosen";
import { LeftOut } from "@/features/requests/components/left-out";
import { useFormat } from "@/shared/lib/format";
import { Button, IconButton } from "@/shared/ui/button";

/** Files to go with the request: picked or dropped. */
export function FileDrop({ files, onChange }: { files: File[]; onChange: (files: File[]) => void }) {
  const t = useTranslations("new");
  const format = useFormat();
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [left, setLeft] = useState<Chosen | null>(null);
  function add(more: FileList | null) {
    const chosen = choose(files, more ?? []);
    setLeft(chosen);
    onChange(chosen.files);
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    add(event.dataTransfer.files);
  }
  return (
    <div onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop} className={clsx("flex flex-col gap-3 rounded-xl border border-dashed p-4", over ? "border-accent bg-accent-soft" : "border-line-strong/70")}>
      {files.length > 0 && (
        <ul className="flex flex-col">
          {files.map((file, at) => (
            <li key={`${file.name}-${at}`} className="flex items-center gap-3">
              <Paperclip aria-hidden className="size-4 shrink-0 text-muted" />
              <span className="min-w-0 flex-1 truncate">{file.name}</span>
              <span className="num text-sm text-muted">{format.bytes(file.size)}</span>
              <IconButton label={t("remove_file", { name: file.name })} onClick={() => { setLeft(null); onChange(files.filter((_, other) => other !== at)); }}><X aria-hidden className="size-4" /></IconButton>
            </li>
          ))}
        </ul>
      )}
      <input ref={picker} type="file" multiple hidden aria-label={t("add_file")} onChange={(event) => { add(event.target.files); event.target.value = ""; }} />
      <div className="flex flex-wrap items-center gap-3">
        <Button look="secondary" onClick={() => picker.current?.click()}>{t("add_file")}</Button>
        <span className="text-sm text-muted max-sm:hidden">{t("drop")}</span>
      </div>
      <LeftOut chosen={left} />
    </div>
  );
}
