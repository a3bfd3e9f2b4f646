"use client";

import clsx from "clsx";
import { useTranslations } from "next-intl";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { Fragment, type ReactNode } from "react";
import { Gate } from "@/features/session/gate";
import { useRole } from "@/features/session/api";
import type { Role } from "@/features/session/roles";
import { StepUpProvider } from "@/features/session/step-up";
import { useActing } from "@/shared/api/acting";
import { Link } from "@/shared/i18n/link";
import { Logo } from "./logo";
import { placeOf, placesOf, type Place } from "./navigation";
import { AccountMenu } from "./account-menu";

const OrganisationSwitch = dynamic(() => import("./organisation-switch").then((found) => found.OrganisationSwitch));

/** The frame around every page of who is signed in: navigation at the side, on a phone at the bottom. */
export function Shell({ roles, children }: { roles: readonly Role[]; children: ReactNode }) {
  const t = useTranslations("nav");
  const role = useRole();
  const acting = useActing();
  const here = placeOf(usePathname());
  const places = placesOf(role);
  return (
    <div className="lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)] print:block">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-raised focus:px-4 focus:py-3">
        {t("skip")}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-surface px-3 py-4 lg:flex print:hidden">
        <Link href="/" className="mb-5 flex min-h-11 items-center px-3"><Logo /></Link>
        <nav aria-label={t("label")} className="flex flex-1 flex-col gap-0.5 overflow-y-auto">
          {places.map((place) => <SideLink key={place.href} place={place} current={place.href === here} />)}
        </nav>
      </aside>
      <div className="flex min-h-dvh min-w-0 flex-col">
        <header className="sticky top-0 z-30 flex h-16 items-center justify-between gap-3 border-b border-line bg-canvas/95 px-4 backdrop-blur sm:px-8 print:hidden">
          <Link href="/" className="flex min-h-11 items-center lg:hidden"><Logo /></Link>
          <span className="hidden min-w-0 lg:block"><OrganisationSwitch /></span>
          <AccountMenu />
        </header>
        <div className="px-2 empty:hidden lg:hidden"><OrganisationSwitch /></div>
        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pt-6 pb-28 outline-none print:pb-0 sm:px-8 lg:pt-8 lg:pb-16">
          <Gate roles={roles}><StepUpProvider><Fragment key={acting}>{children}</Fragment></StepUpProvider></Gate>
        </main>
      </div>
      <BottomBar places={places.filter((place) => place.phone).slice(0, 5)} here={here} />
    </div>
  );
}

function SideLink({ place, current }: { place: Place; current: boolean }) {
  const t = useTranslations("nav");
  return (
    <Link
      href={place.href}
      aria-current={current ? "page" : undefined}
      className={clsx(
        "flex min-h-11 items-center gap-3 rounded-xl px-3 text-[0.95rem] transition-colors",
        current ? "bg-accent-soft font-semibold text-accent-strong" : "text-muted hover:bg-sunken hover:text-ink",
      )}
    >
      <place.icon aria-hidden className="size-5 shrink-0" strokeWidth={1.75} />
      {t(place.label)}
    </Link>
  );
}

function BottomBar({ places, here }: { places: Place[]; here: string | null }) {
  const t = useTranslations("nav");
  if (places.length === 0) return null;
  return (
    <nav aria-label={t("label")} className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden print:hidden">
      {places.map((place) => (
        <Link
          key={place.href}
          href={place.href}
          aria-current={place.href === here ? "page" : undefined}
          className={clsx("flex min-h-16 flex-col items-center justify-center gap-1 px-1 text-center text-xs leading-tight", place.href === here ? "font-semibold text-accent-strong" : "text-muted")}
        >
          <place.icon aria-hidden className="size-5.5" strokeWidth={place.href === here ? 2.1 : 1.75} />
          <span className="line-clamp-1">{place.short ? t(`short.${place.short}`) : t(place.label)}</span>
        </Link>
      ))}
    </nav>
  );
}
