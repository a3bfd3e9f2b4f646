"use client";

import { queryOptions } from "@tanstack/react-query";
import { requestKeys } from "@/features/requests/api";
import { client, data, type Schemas } from "@/shared/api/client";

export type Home = Schemas["HomeOut"];
export type Spoken = Schemas["SpokenOut"];

/** All that the first page shows, in one call; an act on any request makes it stale. */
export const homeQuery = queryOptions({ queryKey: [...requestKeys.all, "home"], queryFn: () => data(client.GET("/api/home")) });
