"use client";

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { meQuery } from "@/features/session/me";
import { useStepUp } from "@/features/session/step-up";
import { client, data, type Schemas } from "@/shared/api/client";

export type Member = Schemas["MemberOut"];
export type MemberRole = Schemas["RoleIn"]["role"];
export const ROLES: MemberRole[] = ["admin", "user", "viewer"];

const at = (id: string) => ({ params: { path: { organisation_id: id } } });
const keys = {
  members: (id: string) => ["organisation", id, "members"] as const,
  invitations: (id: string) => ["organisation", id, "invitations"] as const,
};

export function membersQuery(id: string) {
  return queryOptions({ queryKey: keys.members(id), queryFn: () => data(client.GET("/api/organisations/{organisation_id}/members", at(id))) });
}

export function invitationsQuery(id: string) {
  return queryOptions({ queryKey: keys.invitations(id), queryFn: () => data(client.GET("/api/organisations/{organisation_id}/invitations", at(id))) });
}

function useAct<Given, Got>(act: (given: Given) => Promise<Got>, ...stale: QueryKey[]) {
  const queries = useQueryClient();
  const onSuccess = () => Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })));
  return useMutation({ mutationFn: act, onSuccess });
}

export function useMakeOrganisation() {
  return useAct((body: Schemas["OrganisationIn"]) => data(client.POST("/api/organisations", { body })), meQuery.queryKey, ["session"]);
}

export function useRename(id: string) {
  return useAct((name: string) => client.PATCH("/api/organisations/{organisation_id}", { ...at(id), body: { name } }), meQuery.queryKey);
}

export function useInvite(id: string) {
  return useAct((body: Schemas["InvitationIn"]) => data(client.POST("/api/organisations/{organisation_id}/invitations", { ...at(id), body })), keys.invitations(id));
}

export function useTakeBack(id: string) {
  return useAct(
    (invitation: string) => client.DELETE("/api/organisations/{organisation_id}/invitations/{invitation_id}", { params: { path: { organisation_id: id, invitation_id: invitation } } }),
    keys.invitations(id),
  );
}

const member = (id: string, person: string) => ({ params: { path: { organisation_id: id, person_id: person } } });

export function useChangeRole(id: string) {
  return useAct(
    ({ person, role }: { person: string; role: MemberRole }) => client.PATCH("/api/organisations/{organisation_id}/members/{person_id}", { ...member(id, person), body: { role } }),
    keys.members(id),
  );
}

export function useRemoveMember(id: string) {
  return useAct((person: string) => client.DELETE("/api/organisations/{organisation_id}/members/{person_id}", member(id, person)), keys.members(id), meQuery.queryKey);
}

export function useTransfer(id: string) {
  const guard = useStepUp();
  return useAct(
    (person: string) => guard(() => client.POST("/api/organisations/{organisation_id}/transfer", { ...at(id), body: { person_id: person } })),
    keys.members(id),
    meQuery.queryKey,
  );
}

export type Key = Schemas["KeyOut"];
export type Act = Schemas["ActOut"];

export function keysQuery(id: string) {
  return queryOptions({ queryKey: ["organisation", id, "keys"], queryFn: () => data(client.GET("/api/organisations/{organisation_id}/keys", at(id))) });
}

export function useMakeKey(id: string) {
  const guard = useStepUp();
  return useAct((body: Schemas["KeyIn"]) => guard(() => data(client.POST("/api/organisations/{organisation_id}/keys", { ...at(id), body }))), ["organisation", id, "keys"]);
}

export function useEndKey(id: string) {
  return useAct(
    (key: string) => client.DELETE("/api/organisations/{organisation_id}/keys/{key_id}", { params: { path: { organisation_id: id, key_id: key } } }),
    ["organisation", id, "keys"],
  );
}

/** What was done in the organisation, newest first, page by page. */
export function auditQuery(id: string, text: string) {
  return infiniteQueryOptions({
    queryKey: ["organisation", id, "audit", text],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/organisations/{organisation_id}/audit", { params: { path: { organisation_id: id }, query: { text: text || undefined, cursor: pageParam, limit: 50 } } })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
