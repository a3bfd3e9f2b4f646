"use client";

import { useTranslations } from "next-intl";
import { useForm, type DefaultValues, type FieldError, type FieldErrors, type FieldValues, type Resolver } from "react-hook-form";

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
export type Wrong = "required" | "email" | "login" | "tax_id" | "code" | "short" | "long" | "same";
const KNOWN: readonly string[] = ["required", "email", "login", "tax_id", "code", "short", "long", "same"];

/** What is wrong with a field, in words. */
export function useWrong(): (error: FieldError | undefined) => string | undefined {
  const t = useTranslations("common");
  return (error) => error && t(`wrong.${(KNOWN.includes(error.message ?? "") ? error.message : "required") as Wrong}`);
}
