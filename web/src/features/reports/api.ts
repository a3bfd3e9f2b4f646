"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";
import type { paths } from "@/shared/api/generated/schema";

export type Table = Schemas["TableOut"];
export type Row = Schemas["RowOut"];
export type Column = Schemas["ColumnOut"];
export type Figure = Schemas["FigureOut"];
export type Heat = Schemas["HeatOut"];
export type Options = Schemas["ReportOptionsOut"];
export type Behind = Schemas["RequestOut"];
export type Schedule = Schemas["ScheduleOut"];
export type ScheduleIn = Schemas["ScheduleIn"];
export type Recount = Schemas["RecountOut"];
export type Promise_ = Schemas["PromiseIn"];

export const NAMES = ["volume", "times", "managers", "satisfaction", "sla", "changes"] as const;
export type Name = (typeof NAMES)[number];
export const GROUPS = ["day", "week", "month", "kind", "category", "channel", "language", "manager"] as const;
export type By = (typeof GROUPS)[number];

/** What reports are asked for, as it stands in the address of the page. */
export type Asked = {
  from?: string;
  to?: string;
  kind?: "accounting" | "support";
  channel?: string;
  language?: "uz" | "ru" | "en" | "";
  category?: string;
  manager?: string;
};
export type Only = NonNullable<NonNullable<paths["/api/reports/requests"]["get"]["parameters"]["query"]>["only"]>;
export type Narrower = Asked & { only?: Only; weekday?: number; hour?: number };

export const reportKeys = { all: ["reports"] as const, settings: ["report-settings"] as const };

const slow = { staleTime: 30_000 };

export function overviewQuery(query: Asked) {
  return queryOptions({ queryKey: [...reportKeys.all, "overview", query], queryFn: () => data(client.GET("/api/reports/overview", { params: { query } })), ...slow });
}

export function tableQuery(name: Name, by: By | undefined, query: Asked) {
  return queryOptions({
    queryKey: [...reportKeys.all, name, by, query],
    queryFn: () => data(client.GET("/api/reports/{name}", { params: { path: { name }, query: { ...query, by } } })),
    ...slow,
  });
}

export function heatQuery(query: Asked) {
  return queryOptions({ queryKey: [...reportKeys.all, "heat", query], queryFn: () => data(client.GET("/api/reports/heat", { params: { query } })), ...slow });
}

export const optionsQuery = queryOptions({
  queryKey: [...reportKeys.all, "options"],
  queryFn: () => data(client.GET("/api/reports/options")),
  staleTime: 300_000,
});

/** The requests behind a figure, page by page. */
export function behindQuery(query: Narrower) {
  return infiniteQueryOptions({
    queryKey: [...reportKeys.all, "requests", query],
    queryFn: ({ pageParam }) => data(client.GET("/api/reports/requests", { params: { query: { ...query, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export const schedulesQuery = queryOptions({ queryKey: [...reportKeys.settings, "schedules"], queryFn: () => data(client.GET("/api/report-settings/schedules")) });
export const promisesQuery = queryOptions({
  queryKey: [...reportKeys.settings, "sla"],
  queryFn: () => data(client.GET("/api/report-settings/sla")),
  // While requests are counted anew, the page tells how far that is.
  refetchInterval: ({ state }) => (state.data?.recount && !state.data.recount.finished_at ? 3000 : false),
});

/** Changes of what is sent by itself and of what is promised; lists are read anew. */
export function useReportSettings() {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: reportKeys.settings });
  const save = useMutation({
    mutationFn: ({ id, body }: { id?: string; body: ScheduleIn }) =>
      id
        ? client.PUT("/api/report-settings/schedules/{schedule_id}", { params: { path: { schedule_id: id } }, body })
        : client.POST("/api/report-settings/schedules", { body }),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.DELETE("/api/report-settings/schedules/{schedule_id}", { params: { path: { schedule_id: id } } }),
    onSuccess,
  });
  const promise = useMutation({ mutationFn: (items: Promise_[]) => client.PUT("/api/report-settings/sla", { body: { items } }), onSuccess });
  return { save, remove, promise };
}
