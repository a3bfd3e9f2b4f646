"use client";

import { hashKey, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NextIntlClientProvider, type Locale } from "next-intl";
import { useState, type ComponentProps, type ReactNode } from "react";
import { LiveProvider } from "@/features/live/live";
import { actingFor, forgetActing } from "@/shared/api/acting";
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
  // He was taken out of the organisation that he looks at: on with another one of his.
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.code === "auth.other_client" && actingFor()) forgetActing();
  };
  // What was read for one organisation is never shown for another one.
  const queryKeyHashFn = (key: readonly unknown[]) => hashKey([actingFor(), ...key]);
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    // Without a network people are told so at once; waiting for one in silence looks like a page that hangs.
    defaultOptions: {
      queries: { staleTime: 15_000, retry: again, refetchOnWindowFocus: true, refetchOnReconnect: true, networkMode: "always", queryKeyHashFn },
      mutations: { networkMode: "always" },
    },
  });
}
