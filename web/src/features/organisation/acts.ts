import { useTranslations } from "next-intl";
import type { Act, MemberRole } from "./api";

// What a person did by a route that writes no act of its own: the log has the route.
const ROUTES: [RegExp, string][] = [
  [/^POST \/api\/consultations\/(create|simple)$/, "request_made"],
  [/^PUT \/api\/consultations\/\{name\}$/, "request_changed"],
  [/\/cancel$/, "request_cancelled"],
  [/\/redates$/, "request_moved"],
  [/\/messages$/, "request_written"],
  [/\/attachments$/, "request_files"],
  [/\/ratings$/, "request_rated"],
  [/\/preferences$/, "preferences_changed"],
];

function keyOf(act: Act): string {
  if (act.act !== "request") return act.act.replace(".", "_");
  return ROUTES.find(([route]) => route.test(act.target ?? ""))?.[1] ?? "other";
}

/** An act of the log in words, with whom or what it was about: `Member invited: name@company.uz, Viewer`. */
export function useActWords(): (act: Act) => string {
  const t = useTranslations("organisation");
  const role = (name: unknown) => (t.has(`role.${name as MemberRole}`) ? t(`role.${name as MemberRole}`) : null);
  return (act) => {
    const key = `audit.act.${keyOf(act)}` as "audit.act.other";
    const what = t(t.has(key) ? key : "audit.act.other");
    const about = { ...act.before, ...act.after };
    const roles = act.before?.role && act.after?.role ? `${role(act.before.role)} → ${role(act.after.role)}` : role(about.role);
    const more = [about.email, act.target_name, act.act === "account.changed" ? null : about.name, roles];
    const told = more.filter((each): each is string => typeof each === "string" && each !== "");
    return told.length > 0 ? `${what}: ${told.join(", ")}` : what;
  };
}
