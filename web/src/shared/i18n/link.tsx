"use client";

import NextLink from "next/link";
import { useLocale } from "next-intl";
import { useRouter } from "next/navigation";
import type { ComponentProps } from "react";

/** A link inside the site: `href` without the language ("/requests"). */
export function Link({ href, ...rest }: Omit<ComponentProps<typeof NextLink>, "href"> & { href: string }) {
  const locale = useLocale();
  return <NextLink href={localized(locale, href)} prefetch={false} {...rest} />;
}

export function localized(locale: string, href: string): string {
  return href === "/" ? `/${locale}` : `/${locale}${href}`;
}

/** Goes to a page of the site: `go("/requests")`. */
export function useGo(): (href: string, how?: "push" | "replace") => void {
  const locale = useLocale();
  const router = useRouter();
  return (href, how = "push") => router[how](localized(locale, href));
}
