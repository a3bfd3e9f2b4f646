import type { SignedIn } from "./api";

const METHODS = ["totp", "recovery", "passkey"];

/** The second step that somebody who signed in elsewhere was sent back for; it is taken out of the address at once. */
export function fromOutside(): SignedIn | null {
  const told = new URLSearchParams(window.location.hash.slice(1));
  const ticket = told.get("ticket");
  const methods = (told.get("methods") ?? "").split(",").filter((each) => METHODS.includes(each));
  if (!ticket || ticket.length > 200) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return { state: "second_factor", ticket, methods: methods.length ? methods : ["totp"] } as SignedIn;
}
