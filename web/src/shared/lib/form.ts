"use client";

import { useTranslations } from "next-intl";
import { useEffect, useMemo } from "react";
import { useForm, type DefaultValues, type FieldError, type FieldErrors, type FieldValues, type Path, type Resolver, type UseFormReturn } from "react-hook-form";
import { ApiError } from "../api/client";

type Issue = { path: PropertyKey[]; message: string };
type Checked<Values> = { success: true; data: Values } | { success: false; error: { issues: Issue[] } };
type Load<Values> = () => Promise<{ safeParse: (values: unknown) => Checked<Values> }>;

/** What react-hook-form asks a schema. The schema comes when the form is first checked: zod weighs as much as a page. */
function resolverOf<Values extends FieldValues>(load: Load<Values>): Resolver<Values> {
  return async (values) => {
    const got = (await load()).safeParse(values);
    if (got.success) return { values: got.data, errors: {} };
    const errors: Record<string, FieldError> = {};
    for (const issue of got.error.issues) errors[issue.path.join(".")] ??= { type: "schema", message: issue.message };
    return { values: {}, errors: errors as FieldErrors<Values> };
  };
}

/** A form over a schema of the feature: `useZodForm(async () => (await import("../schema")).profile, { name: "" })`. */
export function useZodForm<Values extends FieldValues>(load: Load<Values>, defaultValues: DefaultValues<Values>) {
  return useForm<Values>({ resolver: resolverOf(load), defaultValues });
}

/** The codes of what may be wrong with a field; messages/<language>/common.json says them in words. */
export type Wrong = "required" | "email" | "login" | "tax_id" | "code" | "short" | "long" | "same" | "invalid";
const KNOWN: readonly string[] = ["invalid", "required", "email", "login", "tax_id", "code", "short", "long", "same"];

/** What is wrong with a field, in words. */
export function useWrong(): (error: FieldError | undefined) => string | undefined {
  const t = useTranslations("common");
  return (error) => {
    if (!error) return undefined;
    if (error.type === SAID) return error.message;
    return t(`wrong.${(KNOWN.includes(error.message ?? "") ? error.message : "required") as Wrong}`);
  };
}

/** An error whose message is the API's own, in the reader's language. */
const SAID = "said";
/** What pydantic calls a fault, and which of ours it is. */
const FAULTS: Record<string, Wrong> = { missing: "required", string_too_short: "short", string_too_long: "long" };

type Places<Values extends FieldValues> = Record<string, Path<Values>>;

/**
 * Puts what the API refused to the fields that it is about, and gives the error that is about none of them, for a
 * notice above the form. `places` says of which field a code ("password.weak") or a field of the body is.
 */
export function useRefused<Values extends FieldValues>(form: UseFormReturn<Values>, error: unknown, places: Places<Values> = {}): unknown {
  const found = useMemo(() => placed(error, places, Object.keys(form.getValues())), [error]);
  useEffect(() => {
    found.forEach(([name, fault], at) => form.setError(name as Path<Values>, fault, { shouldFocus: at === 0 }));
  }, [found]);
  return found.length > 0 ? null : error;
}

function placed(error: unknown, places: Record<string, string>, names: string[]): [string, FieldError][] {
  if (!(error instanceof ApiError)) return [];
  const own = places[error.code];
  if (own) return [[own, { type: SAID, message: error.message }]];
  return Object.entries(error.fields).flatMap(([path, fault]) => {
    const name = places[path] ?? path.split(".").at(-1) ?? "";
    return names.includes(name) ? [[name, { type: "server", message: FAULTS[fault] ?? "invalid" }] as [string, FieldError]] : [];
  });
}
