import type { Metadata } from "next";
import { isLocale, type Locale } from "./locales";

export type PageProps = { params: Promise<{ locale: string }> };
export type LayoutProps = PageProps & { children: React.ReactNode };
type Texts = { [key: string]: string | Texts };

/** The language of a page's address. */
export async function localeOf(props: PageProps): Promise<Locale> {
  const { locale } = await props.params;
  if (!isLocale(locale)) throw new Error(`no such language: ${locale}`);
  return locale;
}

/** The messages of these features; each becomes a namespace of its name. */
export async function loadMessages(locale: Locale, features: readonly string[]): Promise<Texts> {
  const found = await Promise.all(
    features.map(async (feature) => {
      const file = (await import(`../../../messages/${locale}/${feature}.json`)) as { default: Texts };
      return [feature, file.default] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** generateMetadata of a page whose title is the message `feature:path`. */
export function titled(feature: string, path: string) {
  return async (props: PageProps): Promise<Metadata> => {
    const texts = await loadMessages(await localeOf(props), [feature]);
    let found: Texts | string | undefined = texts[feature];
    for (const part of path.split(".")) found = typeof found === "object" ? found[part] : undefined;
    if (typeof found !== "string") throw new Error(`no message ${feature}.${path}`);
    return { title: found };
  };
}
