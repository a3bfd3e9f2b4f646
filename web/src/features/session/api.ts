"use client";

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Role } from "./roles";
import { actingFor, actsAs, forgetActing } from "@/shared/api/acting";
import { ApiError, client, data, type Schemas } from "@/shared/api/client";
import { tab } from "@/shared/lib/kept";
import { DRAFTS } from "./drafts";

export type Session = Schemas["WhoOut"];

async function ask(): Promise<Session | null> {
  try {
    return await data(client.GET("/api/auth/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Who is signed in, acting for the organisation that he chose last in this browser, as long as he belongs to it. */
async function who(): Promise<Session | null> {
  try {
    const found = await ask();
    return found && actsAs(found.person_id ?? null) ? await ask() : found;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "auth.other_client" || !actingFor()) throw error;
    forgetActing();
    return ask();
  }
}

export const sessionQuery = queryOptions({ queryKey: ["session"], queryFn: who, staleTime: 60_000 });

/** Who is signed in; `data` is null for nobody. */
export function useSession() {
  return useQuery(sessionQuery);
}

/** The role of who is signed in; null while it is not known. */
export function useRole(): Role | null {
  return (useSession().data?.role as Role | undefined) ?? null;
}

/** Where a role's pages begin. */
export function homeOf(role: string): string {
  return role === "client" ? "/home" : "/desk";
}

/** Whether he who was here signed out himself: then nothing is to come back to. */
export const leaving = { himself: false };

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.POST("/api/auth/sign-out", { params: {} }),
    onSuccess: () => {
      leaving.himself = true;
      actsAs(null);
      tab.forget(DRAFTS);
      queries.clear();
    },
  });
}

/** How strong a password is, asked when the typing rests. */
export function strengthQuery(password: string, about: string[]) {
  return queryOptions({
    queryKey: ["auth", "strength", password, about],
    queryFn: () => data(client.POST("/api/auth/password/strength", { body: { password, about } })),
    enabled: password.length > 0,
    staleTime: Infinity,
    gcTime: 0,
  });
}
