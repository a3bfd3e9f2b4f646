import * as z from "zod/mini";
import { words } from "@/shared/lib/schema";

const text = () => z.string().check(z.trim(), z.maxLength(100_000, "long"));

/** The texts of an article or a question, as 1C takes them. */
export const texts = z.object({ description: words(500), question: text(), answer: text() });

/** A question about a consultation, in all three languages. */
export const asked = z.object({
  uz: words(),
  ru: words(),
  en: words(),
  position: z.number().check(z.gte(0), z.lte(1000)),
  active: z.boolean(),
});
