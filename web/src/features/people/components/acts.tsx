"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, ScrollText } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue } from "react";
import { useActName } from "@/shared/lib/acts";
import { useInAddress } from "@/shared/lib/address";
import { useCodes } from "@/shared/lib/codes";
import { useFormat } from "@/shared/lib/format";
import { buttonLook } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { More } from "@/shared/ui/pagination";
import { EmptyState, Loaded } from "@/shared/ui/state";
import { Table, type Column } from "@/shared/ui/table";
import { actsQuery, type Act } from "../api";

/** The log of acts: who did what, when, from where, and what it was before and after. */
export function Acts() {
  const t = useTranslations("people");
  const format = useFormat();
  const words = useActName();
  const codes = useCodes();
  const [typed, setTyped] = useInAddress("act");
  const text = useDeferredValue(typed.trim());
  const query = useInfiniteQuery(actsQuery(text));
  const columns: Column<Act>[] = [
    { key: "act", title: t("acts.what"), lead: true, cell: (row) => <span title={row.act}>{words(row.act)}</span> },
    { key: "who", title: t("acts.who"), cell: (row) => row.person_name ?? row.actor },
    { key: "changes", title: t("acts.changes"), cell: (row) => <span className="text-sm break-words">{changes(row, codes)}</span> },
    { key: "when", title: t("acts.when"), cell: (row) => <span className="num whitespace-nowrap">{format.moments(row.at)}</span> },
    { key: "where", title: t("acts.where"), cell: (row) => <span className="num">{row.address ?? "—"}</span> },
  ];
  const file = `/api/audit.csv${text ? `?text=${encodeURIComponent(text)}` : ""}`;
  return (
    <Section flush title={t("acts.title")} text={t("acts.text")} actions={<a className={buttonLook("secondary")} href={file} download><Download aria-hidden className="size-4" />CSV</a>}>
      <div className="max-w-md px-5 pb-4"><Input type="search" label={t("acts.search")} maxLength={100} value={typed} onChange={(event) => setTyped(event.target.value)} /></div>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? <EmptyState icon={<ScrollText className="size-6" />} title={t("acts.none")} /> : <Table caption={t("acts.title")} columns={columns} rows={rows} id={(row) => String(row.id)} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

/** `role: manager → head`, for each thing that is another one now. */
function changes(row: Act, codes: ReturnType<typeof useCodes>): string {
  const [before, after] = [row.before ?? {}, row.after ?? {}];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const said = (value: unknown) => (value === undefined || value === null ? "—" : typeof value === "object" ? JSON.stringify(value) : codes("value", String(value)));
  return names.map((name) => `${codes("column", name)}: ${name in before ? `${said(before[name])} → ` : ""}${said(after[name])}`).join("; ") || "—";
}
