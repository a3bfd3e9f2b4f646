import { z } from "zod";
import { NAMES } from "./api";

const CHAT = /^(-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})$/;
const ADDRESS = /^[^@\s]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,63}$/;

/** A schedule as the form holds it; the API checks the same. */
export const scheduleSchema = z
  .object({
    report: z.enum(NAMES),
    period: z.enum(["day", "week", "month"]),
    at: z.string().regex(/^\d{2}:\d{2}/),
    format: z.enum(["xlsx", "pdf", "csv"]),
    channel: z.enum(["email", "telegram"]),
    recipient: z.string().trim().max(200),
    language: z.enum(["uz", "ru", "en"]),
    active: z.boolean(),
  })
  .refine((value) => (value.channel === "email" ? ADDRESS : CHAT).test(value.recipient), { path: ["recipient"] });

export type ScheduleForm = z.infer<typeof scheduleSchema>;
