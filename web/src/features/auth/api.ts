"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, data } from "@/shared/api/client";
import { sessionQuery } from "@/features/session/api";

const KEY = "clobus_";

/** Begin a session with a one-time link's token or with a key of the staff. */
export function useToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) =>
      token.startsWith(KEY)
        ? data(client.POST("/api/auth/key", { body: { token } }))
        : data(client.POST("/api/auth/link", { body: { token } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}
