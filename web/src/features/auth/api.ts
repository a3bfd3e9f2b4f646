"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { homeOf } from "@/features/session/api";
import { client, data, type Schemas } from "@/shared/api/client";
import { useGo } from "@/shared/i18n/link";
import { useRouter, useSearchParams } from "next/navigation";
import { ownPath } from "./next-page";

const KEY = "clobus_";

export type SignedIn = Schemas["SignedInOut"];

/** On to the page that was asked for, or to where the role's pages begin. */
export function useEnter(): (role: string | null | undefined) => void {
  const queries = useQueryClient();
  const given = useSearchParams();
  const router = useRouter();
  const go = useGo();
  return (role) => {
    queries.clear();
    const next = ownPath(given.get("next"));
    if (next) router.replace(next);
    else go(homeOf(role ?? "client"), "replace");
  };
}

export function useLogin() {
  return useMutation({ mutationFn: (body: Schemas["LoginIn"]) => data(client.POST("/api/auth/login", { body })) });
}

export function useSecondFactor() {
  return useMutation({ mutationFn: (body: Schemas["SecondIn"]) => data(client.POST("/api/auth/second-factor", { body })) });
}

export function usePasskeyLogin() {
  return useMutation({
    mutationFn: async () => {
      const { showPasskey } = await import("@/features/session/passkey");
      return data(client.POST("/api/auth/passkeys/login", { body: { credential: await showPasskey() } }));
    },
  });
}

/** Begin a session with a one-time link's token, or with a key of the staff. */
export function useToken() {
  return useMutation({
    mutationFn: (token: string) =>
      token.startsWith(KEY)
        ? data(client.POST("/api/auth/key", { body: { token } }))
        : data(client.POST("/api/auth/link", { body: { token } })),
  });
}

export function useRegister() {
  return useMutation({ mutationFn: (body: Schemas["RegisterIn"]) => data(client.POST("/api/auth/register", { body })) });
}

export function useVerify() {
  return useMutation({ mutationFn: (token: string) => data(client.POST("/api/auth/verify-email", { body: { token } })) });
}

export function useForgot() {
  return useMutation({ mutationFn: (login: string) => data(client.POST("/api/auth/password/forgot", { body: { login } })) });
}

export function useReset() {
  return useMutation({ mutationFn: (body: Schemas["ResetIn"]) => client.POST("/api/auth/password/reset", { body }) });
}

export function useAccept() {
  return useMutation({ mutationFn: (token: string) => data(client.POST("/api/invitations/accept", { body: { token } })) });
}

export function useTelegramStart() {
  return useMutation<Schemas["StartedOut"]>({ mutationFn: () => data(client.POST("/api/auth/telegram-login/start")) });
}

export function useTelegramFinish() {
  return useMutation({ mutationFn: (body: Schemas["FinishIn"]) => data(client.POST("/api/auth/telegram-login/finish", { body })) });
}
