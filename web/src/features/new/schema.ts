import { z } from "@/shared/lib/schema";

export const question = z
  .object({
    kind: z.enum(["accounting", "support"]),
    category: z.string(),
    typical: z.string(),
    software: z.string(),
    words: z.string().check(z.trim(), z.maxLength(10_000, "long")),
    when: z.enum(["soon", "later"]),
    slot: z.string(),
  })
  .check(
    z.refine((asked) => asked.words !== "" || (asked.kind === "accounting" && asked.typical !== ""), { error: "need_words", path: ["words"] }),
    z.refine((asked) => asked.kind === "support" || asked.when === "soon" || asked.slot !== "", { error: "need_slot", path: ["slot"] }),
  );
