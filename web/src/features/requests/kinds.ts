import type { Schemas } from "@/shared/api/client";

export type KindName = "accounting" | "support";

/** The two kinds of request as the contract writes them (they are data of 1C, not texts of ours). */
export const KINDS: Record<KindName, Schemas["Kind"]> = {
  accounting: "Консультация по ведению учёта",
  support: "Техническая поддержка",
};

export function kindOf(value: string): KindName {
  return value === KINDS.support ? "support" : "accounting";
}

/** Requests that go on: they can be moved, written to and taken back. */
export function isOpen(status: string): boolean {
  return ["new", "open", "pending", "other"].includes(status);
}

/** A number as people say it: without the zeros that 1C pads it with. */
export function shortNumber(number: string): string {
  return number.replace(/^0+(?=\d)/, "");
}
