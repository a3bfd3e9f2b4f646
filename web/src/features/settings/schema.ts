import { LOCALES } from "@/shared/i18n/locales";
import { password, words, z } from "@/shared/lib/schema";

export const profile = z.object({ name: words(), language: z.enum(LOCALES) });

export const passwords = z
  .object({ current: z.string(), password: password(), again: z.string() })
  .check(z.refine((given) => given.password === given.again, { error: "same", path: ["again"] }));
