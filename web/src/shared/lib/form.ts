"use client";

import { useTranslations } from "next-intl";
import { useForm, type DefaultValues, type FieldError, type FieldErrors, type FieldValues, type Resolver } from "react-hook-form";
import * as z from "zod/mini";

/** What react-hook-form asks a schema. Not @hookform/resolvers: that brings all of zod, thirty kilobytes, to each page. */
function resolverOf<Values extends FieldValues>(schema: z.ZodMiniType<Values, Values>): Resolver<Values> {
  return (values) => {
    const got = schema.safeParse(values);
    if (got.success) return { values: got.data, errors: {} };
    const errors: Record<string, FieldError> = {};
    for (const issue of got.error.issues) errors[issue.path.join(".")] ??= { type: issue.code ?? "custom", message: issue.message };
    return { values: {}, errors: errors as FieldErrors<Values> };
  };
}

/** A form over a schema: `const form = useZodForm(schema, { name: "" })`. */
export function useZodForm<Values extends FieldValues>(schema: z.ZodMiniType<Values, Values>, defaultValues: DefaultValues<Values>) {
  return useForm<Values>({ resolver: resolverOf(schema), defaultValues });
}

/** The codes of what may be wrong with a field; messages/<language>/common.json says them in words. */
export type Wrong = "required" | "email" | "login" | "tax_id" | "code" | "short" | "long" | "same";
const KNOWN: readonly string[] = ["required", "email", "login", "tax_id", "code", "short", "long", "same"];

/** What is wrong with a field, in words. */
export function useWrong(): (error: FieldError | undefined) => string | undefined {
  const t = useTranslations("common");
  return (error) => error && t(`wrong.${(KNOWN.includes(error.message ?? "") ? error.message : "required") as Wrong}`);
}

/** Text that must be there. */
export const words = (most = 200) => z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(most, "long"));
export const email = () => z.string().check(z.trim(), z.minLength(1, "required"), z.email("email"));
export const taxId = () => z.string().check(z.trim(), z.regex(/^(\d{9}|\d{14})$/, "tax_id"));
/** A one-time code: of an authenticator, or a recovery code. */
export const code = () => z.string().check(z.trim(), z.minLength(6, "code"), z.maxLength(40, "code"));
