import { z } from "@/shared/lib/schema";

export const proof = z.object({ text: z.string().check(z.minLength(1, "required"), z.maxLength(200, "long")) });
