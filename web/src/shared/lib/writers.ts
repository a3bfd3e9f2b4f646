// What writes dates and numbers is dear to make: a list of 500 rows made 2,000 of them at each turn, half a second of
// work. So each is made once, by its language and options.
const DATES = new Map<string, Intl.DateTimeFormat>();
const NUMBERS = new Map<string, Intl.NumberFormat>();

/** The writer of dates of a language and these options. */
export function dateWriter(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(DATES, tag, options, () => new Intl.DateTimeFormat(tag, options));
}

/** The writer of numbers of a language and these options. */
export function numberWriter(tag: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(NUMBERS, tag, options, () => new Intl.NumberFormat(tag, options));
}

function kept<Writer>(writers: Map<string, Writer>, tag: string, options: object, make: () => Writer): Writer {
  const name = tag + JSON.stringify(options);
  const found = writers.get(name) ?? make();
  writers.set(name, found);
  return found;
}
