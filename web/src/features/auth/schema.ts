import { email, password, subscriber, taxId, words, z } from "@/shared/lib/schema";

export const signIn = z.object({ login: words(254), password: z.string().check(z.minLength(1, "required")) });

const PERSON = { name: words(), email: email(), password: password() };

export const person = z.object({ ...PERSON, inn: z.string(), company: z.string(), code: z.string() });
export const company = z.object({ ...PERSON, inn: taxId(), company: words(), code: subscriber() });

export const passwords = z
  .object({ password: password(), again: z.string() })
  .check(z.refine((given) => given.password === given.again, { error: "same", path: ["again"] }));
