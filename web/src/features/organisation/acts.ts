import { useTranslations } from "next-intl";
import { useActName } from "@/shared/lib/acts";
import type { Act, MemberRole } from "./api";

/** An act of the log in words, with whom or what it was about: `Member invited: name@company.uz, Viewer`. */
export function useActWords(): (act: Act) => string {
  const t = useTranslations("organisation");
  const name = useActName();
  const role = (value: unknown) => (t.has(`role.${value as MemberRole}`) ? t(`role.${value as MemberRole}`) : null);
  return (act) => {
    const about = { ...act.before, ...act.after };
    const roles = act.before?.role && act.after?.role ? `${role(act.before.role)} → ${role(act.after.role)}` : role(about.role);
    const more = [about.email, act.target_name, act.act === "account.changed" ? null : about.name, roles];
    const told = more.filter((each): each is string => typeof each === "string" && each !== "");
    return told.length > 0 ? `${name(act.act)}: ${told.join(", ")}` : name(act.act);
  };
}
