import type { Schemas } from "@/shared/api/client";

export type SoftwareName = "acc" | "trade" | "company";

/** Programs as the contract names them (1C's own words). */
export const SOFTWARE: Record<SoftwareName, NonNullable<Schemas["SimpleIn"]["selected_software"]>> = { acc: "бух", trade: "рт", company: "ук" };
