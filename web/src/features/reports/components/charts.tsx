"use client";

import dynamic from "next/dynamic";
import { Skeleton } from "@/shared/ui/state";
import { GROUPS, type Table } from "../api";
import { filled } from "../filled";

const waiting = () => <Skeleton className="h-64 w-full" />;
const LineChart = dynamic(() => import("./line-chart"), { ssr: false, loading: waiting });
const BarChart = dynamic(() => import("./bar-chart"), { ssr: false, loading: waiting });
/** Read in when it is drawn first, as all charts are. */
export const HeatMap = dynamic(() => import("./heat-map"), { ssr: false, loading: waiting });

/** The chart of a report: lines over time, bars by anything else. */
export function Chart({ table }: { table: Table }) {
  const columns = table.columns.filter((column) => table.chart.includes(column.name));
  return GROUPS.indexOf(table.by as (typeof GROUPS)[number]) < 3
    ? <LineChart columns={columns} rows={filled(table.by, columns, table.rows)} label={`${table.title}: ${columns.map((each) => each.title).join(", ")}`} />
    : <BarChart columns={columns} rows={table.rows} />;
}
