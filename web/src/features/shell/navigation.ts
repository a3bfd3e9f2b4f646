import { Activity, BarChart3, BookOpen, Building2, ClipboardList, Columns3, Combine, Home, PlusCircle, ShieldCheck, Sun, Users, Wrench, type LucideIcon } from "lucide-react";
import type { Role } from "@/features/session/roles";

/** A place in the navigation. `label` is a key of messages/<language>/nav.json. */
export type Place = { href: string; label: NavLabel; icon: LucideIcon; roles: readonly Role[]; phone?: boolean; short?: ShortLabel };

/** The few that a phone's bar calls by a shorter word. */
export type ShortLabel = "home" | "new_request" | "requests" | "organisation" | "settings" | "desk" | "desk_requests" | "reports";

export type NavLabel =
  | "home" | "new_request" | "requests" | "organisation" | "settings"
  | "desk" | "desk_requests" | "managers" | "clients" | "merges" | "knowledge" | "reports" | "ops" | "people";

const OFFICE: readonly Role[] = ["manager", "head", "administrator", "auditor"];
const HEADS: readonly Role[] = ["head", "administrator", "auditor"];

/** Every section of the site, in order; the shell shows those of the reader's role. A new page adds its line here. */
export const PLACES: readonly Place[] = [
  { href: "/home", label: "home", icon: Home, roles: ["client"], phone: true, short: "home" },
  { href: "/new", label: "new_request", icon: PlusCircle, roles: ["client"], phone: true, short: "new_request" },
  { href: "/requests", label: "requests", icon: ClipboardList, roles: ["client"], phone: true, short: "requests" },
  { href: "/desk", label: "desk", icon: Sun, roles: OFFICE, phone: true, short: "desk" },
  { href: "/desk/requests", label: "desk_requests", icon: Columns3, roles: OFFICE, phone: true, short: "desk_requests" },
  { href: "/desk/managers", label: "managers", icon: Users, roles: OFFICE },
  { href: "/desk/clients", label: "clients", icon: Building2, roles: OFFICE },
  { href: "/desk/merges", label: "merges", icon: Combine, roles: OFFICE },
  { href: "/desk/knowledge", label: "knowledge", icon: BookOpen, roles: OFFICE },
  { href: "/reports", label: "reports", icon: BarChart3, roles: OFFICE, phone: true, short: "reports" },
  { href: "/ops", label: "ops", icon: Activity, roles: HEADS },
  { href: "/ops/people", label: "people", icon: Wrench, roles: ["head", "administrator", "auditor"] },
  { href: "/organisation", label: "organisation", icon: Building2, roles: ["client"], phone: true, short: "organisation" },
  { href: "/settings", label: "settings", icon: ShieldCheck, roles: ["client", ...OFFICE], phone: true, short: "settings" },
];

/** The places of a role; on a phone's bar only the first five that are marked. */
export function placesOf(role: Role | null): Place[] {
  return PLACES.filter((place) => role !== null && place.roles.includes(role));
}

/** The place whose page this is: the longest address that the path begins with. */
export function placeOf(path: string): string | null {
  const bare = path.replace(/^\/[a-z]{2}(?=\/|$)/, "").replace(/\/$/, "").replace(/\/(request|client)$/, "/$1s"); // one thing belongs to the list of such
  const fit = PLACES.filter((place) => bare === place.href || bare.startsWith(`${place.href}/`));
  return fit.sort((one, other) => other.href.length - one.href.length)[0]?.href ?? null;
}
