"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NextIntlClientProvider, type Locale } from "next-intl";
import { useState, type ComponentProps, type ReactNode } from "react";
import { LiveProvider } from "@/features/live/live";
import { ApiError } from "@/shared/api/client";
import { ZONE } from "@/shared/lib/format";
import { ToastProvider } from "@/shared/ui/toast";

type Texts = ComponentProps<typeof NextIntlClientProvider>["messages"];

/** Queries, live topics and short words: once for the whole site, so that they outlive a page. */
export function Providers({ locale, messages, children }: { locale: Locale; messages: unknown; children: ReactNode }) {
  const [queries] = useState(newQueries);
  return (
    <QueryClientProvider client={queries}>
      <Messages locale={locale} messages={messages}>
        <LiveProvider>
          <ToastProvider>{children}</ToastProvider>
        </LiveProvider>
      </Messages>
    </QueryClientProvider>
  );
}

/** The messages of a section. */
export function Messages({ locale, messages, children }: { locale: Locale; messages: unknown; children: ReactNode }) {
  return (
    <NextIntlClientProvider locale={locale} messages={messages as Texts} timeZone={ZONE}>
      {children}
    </NextIntlClientProvider>
  );
}

function newQueries(): QueryClient {
  const again = (failures: number, error: unknown) =>
    failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);
  return new QueryClient({
    defaultOptions: { queries: { staleTime: 15_000, retry: again, refetchOnWindowFocus: true } },
  });
}
