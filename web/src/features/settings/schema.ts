import { LOCALES } from "@/shared/i18n/locales";
import { code, email, password, words, z } from "@/shared/lib/schema";

export const profile = z.object({ name: words(), language: z.enum(LOCALES) });

const hour = (given: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(given);
export const preferences = z
  .object({ quiet: z.boolean(), from: z.string(), to: z.string(), language: z.string() })
  .check(
    z.refine((given) => !given.quiet || hour(given.from), { error: "required", path: ["from"] }),
    z.refine((given) => !given.quiet || hour(given.to), { error: "required", path: ["to"] }),
  );
export const address = z.object({ email: email() });
export const proof = z.object({ code: code() });
export const passwords = z
  .object({ current: z.string(), password: password(), again: z.string() })
  .check(z.refine((given) => given.password === given.again, { error: "same", path: ["again"] }));
