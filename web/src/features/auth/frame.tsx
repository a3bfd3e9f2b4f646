"use client";

import { CalendarClock, MessagesSquare, RadioTower } from "lucide-react";
import { useTranslations } from "next-intl";
import { Suspense, type ReactNode } from "react";
import { LanguageSwitch } from "@/features/shell/language-switch";
import { Logo } from "@/features/shell/logo";
import { ThemeSwitch } from "@/features/shell/theme-switch";

/** The frame of the pages that are seen before anybody is signed in: the form, and beside it what this is. */
export function AuthFrame({ children }: { children: ReactNode }) {
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[minmax(0,1fr)_minmax(0,0.85fr)]">
      <div className="flex min-h-dvh flex-col">
        <header className="flex h-16 items-center justify-between px-4 sm:px-8">
          <Logo />
          <div className="flex gap-1"><LanguageSwitch /><ThemeSwitch /></div>
        </header>
        <main className="flex flex-1 items-start justify-center px-4 pt-8 pb-16 sm:items-center sm:pt-0">
          <div className="w-full max-w-md"><Suspense>{children}</Suspense></div>
        </main>
      </div>
      <Pitch />
    </div>
  );
}

function Pitch() {
  const t = useTranslations("auth.pitch");
  const points = [
    { icon: CalendarClock, text: t("one") },
    { icon: MessagesSquare, text: t("two") },
    { icon: RadioTower, text: t("three") },
  ];
  return (
    <aside className="relative hidden overflow-hidden border-l border-line bg-accent-soft lg:flex lg:items-center">
      <svg aria-hidden viewBox="0 0 400 400" className="absolute -right-32 -bottom-32 size-[34rem] text-accent opacity-15">
        {[60, 100, 140, 180].map((radius) => <circle key={radius} cx="200" cy="200" r={radius} fill="none" stroke="currentColor" strokeWidth="14" strokeDasharray={`${radius * 3.4} ${radius * 1.1}`} strokeLinecap="round" transform={`rotate(${radius * 2} 200 200)`} />)}
      </svg>
      <div className="relative max-w-lg px-14">
        <p className="text-3xl leading-tight font-semibold text-balance">{t("title")}</p>
        <ul className="mt-8 flex flex-col gap-5">
          {points.map((each) => (
            <li key={each.text} className="flex items-center gap-4">
              <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-surface text-accent-strong shadow-card"><each.icon aria-hidden className="size-5.5" strokeWidth={1.75} /></span>
              {each.text}
            </li>
          ))}
        </ul>
      </div>
    </aside>
  );
}
