"use client";

import { useSyncExternalStore } from "react";
import { browser } from "../lib/kept";

/*
 * The organisation that a person acts for. Each tab keeps its own while it lives, so that a switch in another tab never
 * changes whose data this one shows; what was chosen last is remembered for each person in this browser.
 */
const LAST = "clobus.organisation";
const KEPT = "clobus.organisations";

type Kept = Record<string, string>;

const listeners = new Set<() => void>();
let person: string | null = null;
let acting: string | null = typeof window === "undefined" ? null : browser.read(LAST);

function kept(): Kept {
  try {
    const found: unknown = JSON.parse(browser.read(KEPT) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Kept) : {};
  } catch {
    return {}; // somebody else wrote there
  }
}

function turn(organisation: string | null): void {
  browser.write(LAST, organisation);
  if (organisation === acting) return;
  acting = organisation;
  listeners.forEach((tell) => tell());
}

/** The organisation that this person acts for; null: the one he joined first. */
export function actingFor(): string | null {
  return acting;
}

/** Act for another organisation from now on, and after the next sign-in, too. */
export function actFor(organisation: string): void {
  if (person) browser.write(KEPT, JSON.stringify({ ...kept(), [person]: organisation }));
  turn(organisation);
}

/** He belongs to it no more. */
export function forgetActing(): void {
  const rest = Object.fromEntries(Object.entries(kept()).filter(([, organisation]) => organisation !== acting));
  browser.write(KEPT, JSON.stringify(rest));
  turn(null);
}

/** Who is signed in here; true when he acts for another organisation than was asked for. */
export function actsAs(who: string | null): boolean {
  person = who;
  const before = acting;
  turn(who ? (kept()[who] ?? null) : null);
  return before !== acting;
}

function watch(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The same as `actingFor`, for what is drawn anew when it changes. */
export function useActing(): string | null {
  return useSyncExternalStore(watch, actingFor, () => null);
}

/** The address of a file: a link sends no header, so the organisation stands in it. */
export function asActing(path: string): string {
  return acting ? `${path}?acting=${encodeURIComponent(acting)}` : path;
}
