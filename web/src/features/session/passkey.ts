import { client, data, type Schemas } from "@/shared/api/client";

/** Whether this browser makes and shows passkeys. */
export function hasPasskeys(): boolean {
  return typeof window !== "undefined" && "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

type Shown = Record<string, unknown>;

/** Let the person show a passkey; with a ticket it is the second factor of that sign-in. */
export async function showPasskey(ticket?: string): Promise<Shown> {
  const asked: Schemas["OptionsOut"] = await data(client.POST("/api/auth/passkeys/options", { body: { ticket: ticket ?? null } }));
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked as PublicKeyCredentialRequestOptionsJSON);
  return json(await navigator.credentials.get({ publicKey }));
}

/** Let the person make a passkey on this device. */
export async function makePasskey(): Promise<Shown> {
  const asked: unknown = await data(client.POST("/api/me/passkeys/options"));
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked as PublicKeyCredentialCreationOptionsJSON);
  return json(await navigator.credentials.create({ publicKey }));
}

function json(credential: Credential | null): Shown {
  if (!credential) throw new DOMException("none", "NotAllowedError");
  return (credential as PublicKeyCredential).toJSON() as unknown as Shown;
}

/** Whether a person closed the browser's window instead of showing a passkey. */
export function isDismissed(error: unknown): boolean {
  return error instanceof DOMException && ["NotAllowedError", "AbortError"].includes(error.name);
}
