"use client";

import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";
import { client, data, type Schemas } from "@/shared/api/client";
import { sessionQuery } from "./api";

export type Me = Schemas["MeOut"];
export type MyOrganisation = Me["organisations"][number];

async function read({ client: queries }: { client: QueryClient }): Promise<Me | null> {
  // A one-time link or a key opens a session without an account.
  const session = await queries.ensureQueryData(sessionQuery);
  return session?.person_id ? data(client.GET("/api/me")) : null;
}

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: read, staleTime: 60_000 });

/** The reader's own account; null for a session without one (by a one-time link). */
export function useMe() {
  return useQuery(meQuery);
}
