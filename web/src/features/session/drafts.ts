/** What the keys of all drafts begin with. */
export const DRAFTS = "clobus.draft.";
