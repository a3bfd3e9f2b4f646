import { ownPath } from "./next-page";

// Who is invited and has no account comes back to the invitation from a letter, which opens a page of its own.
const KEY = "clobus.invitation";

export const keep = (path: string) => window.localStorage.setItem(KEY, path);
export const kept = () => ownPath(window.localStorage.getItem(KEY));
export const forget = () => window.localStorage.removeItem(KEY);
