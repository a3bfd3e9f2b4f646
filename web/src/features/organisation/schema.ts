import { email, subscriber, taxId, words, z } from "@/shared/lib/schema";

export const organisation = z.object({ inn: taxId(), name: words(), code: subscriber() });
export const invitation = z.object({ email: email(), role: z.enum(["admin", "user", "viewer"]) });
