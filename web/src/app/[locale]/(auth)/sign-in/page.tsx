import { Suspense } from "react";
import { SignInPage } from "@/features/auth/sign-in-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("auth", "title");

export default function Page() {
  return <Suspense><SignInPage /></Suspense>;
}
