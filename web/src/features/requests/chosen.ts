/** What the API takes at once (settings `attachments`); it looks at what is in a file, too. */
export const MOST = 10;
export const MEGABYTES = 20;

export type Chosen = { files: File[]; large: string[]; tooMany: boolean };

/** Those picked before with the newly picked ones, as far as they can be sent; and what had to be left out. */
export function choose(before: File[], more: Iterable<File>): Chosen {
  const given = [...more];
  const fit = given.filter((file) => file.size <= MEGABYTES * 1e6);
  const all = [...before, ...fit];
  return { files: all.slice(0, MOST), large: given.filter((file) => !fit.includes(file)).map((file) => file.name), tooMany: all.length > MOST };
}
