"use client";

import clsx from "clsx";
import { memo, type ReactNode } from "react";

export type Column<Row> = {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  right?: boolean;
  /** What a card on a phone begins with. */
  lead?: boolean;
};

type Props<Row> = { caption: string; columns: Column<Row>[]; rows: Row[]; id: (row: Row) => string; className?: string };

/** A table; on a phone each row is a card with the titles beside the values. */
export function Table<Row>({ caption, columns, rows, id, className }: Props<Row>) {
  return (
    <table role="table" className={clsx("w-full text-left text-[0.95rem] max-md:block", className)}>
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup" className="max-md:sr-only">
        <tr role="row" className="border-y border-line bg-canvas text-sm text-muted">
          {columns.map((each) => (
            <th key={each.key} role="columnheader" scope="col" className={clsx("px-5 py-2.5 font-medium", each.right && "text-right")}>
              {each.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="max-md:block">
        {rows.map((row) => <Line key={id(row)} row={row} columns={columns as Column<unknown>[]} />)}
      </tbody>
    </table>
  );
}

// A row is drawn anew when it or the columns are other ones: a list that goes on keeps those that it has.
const Line = memo(function Line({ row, columns }: { row: unknown; columns: Column<unknown>[] }) {
  return (
    <tr role="row" className="border-b border-line last:border-0 max-md:block max-md:px-5 max-md:py-3 md:hover:bg-canvas">
      {columns.map((each) => [each, each.cell(row)] as const).map(([each, shown]) => (
        <td
          key={each.key}
          role="cell"
          className={clsx(
            "align-middle max-md:flex max-md:min-h-8 max-md:items-center max-md:justify-between max-md:gap-4 md:px-5 md:py-3",
            each.lead && "font-medium max-md:mb-1",
            (shown === null || shown === false) && "max-md:hidden",
            each.right && "num md:text-right",
          )}
        >
          {!each.lead && <span aria-hidden className="shrink-0 text-sm text-muted md:hidden">{each.title}</span>}
          <span className={clsx("min-w-0", !each.lead && "max-md:text-right")}>{shown}</span>
        </td>
      ))}
    </tr>
  );
});
