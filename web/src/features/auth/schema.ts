import { code, email, password, subscriber, taxId, words, z } from "@/shared/lib/schema";

export const signIn = z.object({ login: words(254), password: z.string().check(z.minLength(1, "required")) });

export const forgotten = z.object({ login: words(254) });
export const token = z.object({ token: z.string().check(z.trim(), z.minLength(1, "required"), z.minLength(10, "code"), z.maxLength(500, "long")) });
export const second = z.object({ code: code() });

const PERSON = { name: words(), email: email(), password: password() };

export const person = z.object({ ...PERSON, inn: z.string(), company: z.string(), code: z.string() });
export const company = z.object({ ...PERSON, inn: taxId(), company: words(), code: subscriber() });

export const passwords = z
  .object({ password: password(), again: z.string() })
  .check(z.refine((given) => given.password === given.again, { error: "same", path: ["again"] }));
