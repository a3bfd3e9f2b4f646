"use client";

import { queryOptions, useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { meQuery } from "@/features/session/me";
import { makePasskey } from "@/features/session/passkey";
import { useStepUp } from "@/features/session/step-up";
import { ApiError, client, data, type Schemas } from "@/shared/api/client";

export const sessionsQuery = queryOptions({ queryKey: ["sessions"], queryFn: () => data(client.GET("/api/auth/sessions")) });
export const passkeysQuery = queryOptions({ queryKey: ["passkeys"], queryFn: () => data(client.GET("/api/me/passkeys")) });

export function preferencesQuery(id: string) {
  return queryOptions({
    queryKey: ["preferences", id],
    queryFn: () => data(client.GET("/api/clients/{client_id}/preferences", { params: { path: { client_id: id } } })),
  });
}

/** An act after which these are read anew. */
function useAct<Given, Got>(act: (given: Given) => Promise<Got>, ...keys: QueryKey[]) {
  const queries = useQueryClient();
  const onSuccess = () => Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
  return useMutation({ mutationFn: act, onSuccess });
}

export function useChangeMe() {
  return useAct((body: Schemas["MeIn"]) => data(client.PATCH("/api/me", { body })), meQuery.queryKey);
}

export function useChangeEmail() {
  const guard = useStepUp();
  return useAct((email: string) => guard(() => data(client.POST("/api/me/email", { body: { email } }))));
}

export function useChangePassword() {
  const guard = useStepUp();
  return useAct((body: Schemas["PasswordChangeIn"]) => guard(() => client.POST("/api/auth/password/change", { body })), meQuery.queryKey, sessionsQuery.queryKey);
}

export function useStartTotp() {
  const guard = useStepUp();
  return useAct<void, Schemas["NewTotpOut"]>(() => guard(() => data(client.POST("/api/me/totp"))));
}

export function useConfirmTotp() {
  const guard = useStepUp();
  return useAct((code: string) => guard(() => data(client.POST("/api/me/totp/confirm", { body: { code } }))), meQuery.queryKey);
}

export function useRemoveTotp() {
  const guard = useStepUp();
  return useAct<void, unknown>(() => guard(() => client.DELETE("/api/me/totp")), meQuery.queryKey);
}

export function useNewCodes() {
  const guard = useStepUp();
  return useAct<void, Schemas["CodesOut"]>(() => guard(() => data(client.POST("/api/me/recovery-codes"))), meQuery.queryKey);
}

export function useAddPasskey() {
  const guard = useStepUp();
  return useAct(
    (name: string) => guard(async () => data(client.POST("/api/me/passkeys", { body: { credential: await makePasskey(), name } }))),
    meQuery.queryKey,
    passkeysQuery.queryKey,
  );
}

export function useRemovePasskey() {
  const guard = useStepUp();
  return useAct(
    (id: string) => guard(() => client.DELETE("/api/me/passkeys/{passkey_id}", { params: { path: { passkey_id: id } } })),
    meQuery.queryKey,
    passkeysQuery.queryKey,
  );
}

export function useStartTelegram() {
  const guard = useStepUp();
  return useAct<void, Schemas["StartedOut"]>(() => guard(() => data(client.POST("/api/me/telegram/start"))));
}

export function useTieTelegram() {
  const guard = useStepUp();
  return useAct((body: Schemas["FinishIn"]) => guard(() => client.POST("/api/me/telegram", { body })), meQuery.queryKey);
}

export function useUntieTelegram() {
  const guard = useStepUp();
  return useAct<void, unknown>(() => guard(() => client.DELETE("/api/me/telegram")), meQuery.queryKey);
}

export function useUntieProvider() {
  const guard = useStepUp();
  return useAct<void, unknown>(() => guard(() => client.DELETE("/api/me/oidc")), meQuery.queryKey);
}

/** Before the browser leaves for the provider: whoever goes there has to have proved himself just now. */
export function useProve() {
  const guard = useStepUp();
  const queries = useQueryClient();
  return useAct<void, void>(() =>
    guard(async () => {
      const me = await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      if (!me?.proved_until || new Date(me.proved_until).getTime() < Date.now() + 30_000) throw new ApiError(403, "auth.step_up_needed", "");
    }),
  );
}

export function useEndSession() {
  return useAct((id: string) => client.DELETE("/api/auth/sessions/{session_id}", { params: { path: { session_id: id } } }), sessionsQuery.queryKey);
}

export function useChoose(id: string) {
  return useAct(
    (body: Schemas["PreferencesIn"]) => data(client.PUT("/api/clients/{client_id}/preferences", { params: { path: { client_id: id } }, body })),
    ["preferences", id],
  );
}
