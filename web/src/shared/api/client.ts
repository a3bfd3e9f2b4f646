import createClient, { type Middleware } from "openapi-fetch";
import { actingFor } from "./acting";
import type { components, paths } from "./generated/schema";

export type Schemas = components["schemas"];

/**
 * Why the API refused: `code` is stable, `message` is in the reader's language. `fields` are those of the body that were
 * sent wrongly ("organisation.inn"), each with the kind of its fault.
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly fields: Record<string, string> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(title);
  }
}

type Problem = { code?: string; title?: string; errors?: { loc?: (string | number)[]; type?: string }[] };

async function problemOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Problem;
  const fields = Object.fromEntries((body.errors ?? []).map((each) => [each.loc?.slice(1).join(".") ?? "", each.type ?? ""]));
  const wait = Number(response.headers.get("retry-after"));
  return new ApiError(response.status, body.code ?? `http.${response.status}`, body.title ?? "", fields, wait || null);
}

const around: Middleware = {
  onRequest({ request }) {
    request.headers.set("accept-language", document.documentElement.lang);
    const acting = actingFor();
    if (acting) request.headers.set("x-organisation-id", acting);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
    return response;
  },
  onError() {
    return new ApiError(0, "network", "");
  },
};

/** The typed client: `data(client.GET("/api/consultations", {params: …}))`. It throws ApiError. */
export const client = createClient<paths>({ baseUrl: typeof window === "undefined" ? "http://localhost" : "" });
client.use(around);

/** The body of an answer. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await call).data as NonNullable<T>;
}
