import * as z from "zod/mini";

// What fields of several forms share. Only schema.ts files import this: they are loaded when a form is first checked,
// so that zod is in no page's first load. The messages are codes that shared/lib/form.ts puts into words.

/** Text that must be there. */
export const words = (most = 200) => z.string().check(z.trim(), z.minLength(1, "required"), z.maxLength(most, "long"));
export const email = () => z.string().check(z.trim(), z.minLength(1, "required"), z.email("email"));
export const taxId = () => z.string().check(z.trim(), z.regex(/^(\d{9}|\d{14})$/, "tax_id"));
export const password = () => z.string().check(z.minLength(10, "short"), z.maxLength(200, "long"));
/** A code that is typed from elsewhere, with or without spaces. */
export const code = () => z.string().check(z.overwrite((typed) => typed.replace(/\s/g, "")), z.minLength(1, "required"), z.minLength(6, "code"), z.maxLength(64, "long"));
/** A subscriber code, or nothing. */
export const subscriber = () => z.string().check(z.regex(/^\d{0,15}$/, "code"));

export { z };
