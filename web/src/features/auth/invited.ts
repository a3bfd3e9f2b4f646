import { browser } from "@/shared/lib/kept";
import { ownPath } from "./next-page";

// Who is invited and has no account comes back to the invitation from a letter, which opens a page of its own.
const KEY = "clobus.invitation";

export const keep = (path: string) => browser.write(KEY, path);
export const kept = () => ownPath(browser.read(KEY));
export const forget = () => browser.write(KEY, null);
