"use client";

import { queryOptions, useQuery } from "@tanstack/react-query";
import { ApiError, client, data, type Schemas } from "@/shared/api/client";

export type Me = Schemas["MeOut"];
export type MyOrganisation = Me["organisations"][number];

async function read(): Promise<Me | null> {
  try {
    return await data(client.GET("/api/me"));
  } catch (error) {
    // A one-time link or a key opens a session without an account.
    if (error instanceof ApiError && error.code === "auth.person_needed") return null;
    throw error;
  }
}

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: read, staleTime: 60_000 });

/** The reader's own account; null for a session without one (by a one-time link). */
export function useMe() {
  return useQuery(meQuery);
}
