"use client";

import type { ReactNode } from "react";
import { AccountMenu } from "@/features/shell/account-menu";
import { Logo } from "@/features/shell/logo";

/** The frame of the pages that are seen before anybody is signed in. */
export function AuthFrame({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex h-16 items-center justify-between px-4 sm:px-8"><Logo /><AccountMenu /></header>
      <main className="flex flex-1 items-start justify-center px-4 pt-6 pb-16 sm:items-center sm:pt-0">
        <div className="card w-full max-w-md p-6 sm:p-8">{children}</div>
      </main>
    </div>
  );
}
