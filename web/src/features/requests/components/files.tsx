"use client";

import { useQuery } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormat } from "@/shared/lib/format";
import { Section } from "@/shared/ui/page";
import { fileAddress, filesQuery } from "../api";

/** The files of a request; without any there is no card. */
export function Files({ id }: { id: string }) {
  const t = useTranslations("requests");
  const format = useFormat();
  const files = useQuery(filesQuery(id)).data?.attachments ?? [];
  if (files.length === 0) return null;
  return (
    <Section title={t("files")}>
      <ul className="flex flex-col gap-1">
        {files.map((file) => (
          <li key={file.attachment_id}>
            <a href={fileAddress(id, file.attachment_id)} download className="-mx-2 flex min-h-12 items-center gap-3 rounded-lg px-2 py-1.5 hover:bg-sunken">
              <FileText aria-hidden className="size-5 shrink-0 text-muted" strokeWidth={1.75} />
              <span className="min-w-0">
                <span className="block truncate">{file.name}</span>
                <span className="num block text-sm text-muted">{format.bytes(file.size)}{file.state === "sent" ? "" : ` · ${t("sending")}`}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}
