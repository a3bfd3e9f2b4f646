import type { SignedIn } from "./api";

const METHODS = ["totp", "recovery", "passkey"];

/** What the API says when somebody comes back from elsewhere (api/oidc.py), and the message for it. */
const REFUSALS = new Map<string, "failed" | "taken" | "away">([["account.taken", "taken"], ["oidc.away", "away"]]);

/** Which message a code has; any that we do not know is told of in general words, never shown as it came. */
export function refusal(code: string): "failed" | "taken" | "away" {
  return REFUSALS.get(code) ?? "failed";
}

/** The second step that somebody who signed in elsewhere was sent back for; it is taken out of the address at once. */
export function fromOutside(): SignedIn | null {
  const told = new URLSearchParams(window.location.hash.slice(1));
  const ticket = told.get("ticket");
  const methods = (told.get("methods") ?? "").split(",").filter((each) => METHODS.includes(each));
  if (!ticket || ticket.length > 200) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return { state: "second_factor", ticket, methods: methods.length ? methods : ["totp"] } as SignedIn;
}
