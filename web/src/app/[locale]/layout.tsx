import "../globals.css";
import type { Metadata, Viewport } from "next";
import { THEME_SCRIPT } from "@/features/shell/theme-script";
import { Providers } from "@/features/shell/providers";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";
import { localeParams } from "@/shared/i18n/locales";

export const generateStaticParams = localeParams;
export const dynamicParams = false;
export const metadata: Metadata = { title: { default: "Clobus", template: "%s · Clobus" }, icons: { icon: "/icon.svg" } };
export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [{ media: "(prefers-color-scheme: light)", color: "#f6f5f1" }, { media: "(prefers-color-scheme: dark)", color: "#111614" }],
};

export default async function RootLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <html lang={locale} suppressHydrationWarning>
      <head><script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} /></head>
      <body>
        <Providers locale={locale} messages={await loadMessages(locale, ["common", "nav"])}>{props.children}</Providers>
      </body>
    </html>
  );
}
