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

/** Whether the role in the organisation that the person acts for has this right; true while it is not known. */
export function useMay(right: string): boolean {
  const me = useMe().data;
  const own = me?.organisations.find((each) => each.organisation_id === me.organisation_id) ?? me?.organisations[0];
  return own?.rights.includes(right) ?? true;
}
