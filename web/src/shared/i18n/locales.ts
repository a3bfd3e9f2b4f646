export const LOCALES = ["uz", "ru", "en"] as const;
export type Locale = (typeof LOCALES)[number];

/** How each language calls itself. */
export const NAMES: Record<Locale, string> = { uz: "O‘zbekcha", ru: "Русский", en: "English" };

export function isLocale(value: string | undefined): value is Locale {
  return LOCALES.some((each) => each === value);
}

/** What every route under [locale] exports as generateStaticParams. */
export function localeParams(): { locale: Locale }[] {
  return LOCALES.map((locale) => ({ locale }));
}
