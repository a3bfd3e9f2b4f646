import { email, subscriber, taxId, words, z } from "@/shared/lib/schema";

export const organisation = z.object({ inn: taxId(), name: words(), code: subscriber() });
export const invitation = z.object({ email: email(), role: z.enum(["admin", "user", "viewer"]) });
export const named = z.object({ name: words() });
export const key = z.object({ name: words(100), rights: z.enum(["read", "write"]), days: z.enum(["d30", "d90", "d365", "never"]) });
