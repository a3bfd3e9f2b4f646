/** Who is signed in, as the API names it. */
export type Role = "client" | "manager" | "head" | "administrator" | "auditor";

/** The roles of the staff; readable where pages are built, too. */
export const STAFF: Role[] = ["manager", "head", "administrator", "auditor"];
