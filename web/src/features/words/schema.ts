import { z } from "zod";

/** The texts of an article or a question, as 1C takes them. */
export const texts = z.object({
  description: z.string().trim().min(1).max(500),
  question: z.string().trim().max(100_000),
  answer: z.string().trim().max(100_000),
});

/** A question about a consultation, in all three languages. */
export const asked = z.object({
  uz: z.string().trim().min(1).max(200),
  ru: z.string().trim().min(1).max(200),
  en: z.string().trim().min(1).max(200),
  position: z.number().int().min(0).max(1000),
  active: z.boolean(),
});
