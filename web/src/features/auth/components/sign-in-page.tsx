"use client";

import { useQuery } from "@tanstack/react-query";
import { Fingerprint, Send } from "lucide-react";
import { useLocale, useTranslations } from "next-intl";
import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { methodsQuery, oidcStart, refusal } from "@/features/session/outside";
import { isDismissed } from "@/features/session/passkey";
import { Link } from "@/shared/i18n/link";
import { useWrong, useZodForm } from "@/shared/lib/form";
import { Button, buttonLook } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useEnter, useLogin, usePasskeyLogin, type SignedIn } from "../api";
import { ownPath } from "../next-page";
import { fromOutside } from "../outside";
import { PasswordInput } from "./password-input";
import { SecondFactor } from "./second-factor";
import { TelegramForm } from "./telegram-form";
import { TokenForm } from "./token-form";

type Way = "password" | "telegram" | "token";

/** Sign in: password, passkey, or the code of a link; then the second factor where there is one. */
export function SignInPage() {
  const t = useTranslations("auth");
  const given = useSearchParams();
  const [second, setSecond] = useState<SignedIn | null>(null);
  useEffect(() => setSecond(fromOutside()), []);
  const [way, setWay] = useState<Way>(given.has("token") ? "token" : "password");
  if (second) return <SecondFactor asked={second} onAgain={() => setSecond(null)} />;
  return (
    <>
      <h1 className="text-2xl font-semibold">{t("welcome")}</h1>
      <p className="mt-1.5 mb-6 text-muted">{t("text")}</p>
      {given.has("ended") && <div className="mb-5"><Notice tone="warn">{t("ended")}</Notice></div>}
      <Refused error={given.get("error")} />
      {way === "token" && <TokenForm given={given.get("token") ?? ""} />}
      {way === "telegram" && <TelegramForm onSecond={setSecond} />}
      {way === "password" && <PasswordForm onSecond={setSecond} />}
      <OtherWays way={way} onWay={setWay} />
    </>
  );
}

/** Why signing in elsewhere came to nothing; codes that we do not know are told of in general words. */
function Refused({ error }: { error: string | null }) {
  const t = useTranslations("auth.outside");
  if (!error) return null;
  return <div className="mb-5"><Notice tone="bad">{t(refusal(error))}</Notice></div>;
}

function PasswordForm({ onSecond }: { onSecond: (asked: SignedIn) => void }) {
  const t = useTranslations("auth");
  const form = useZodForm(async () => (await import("../schema")).signIn, { login: "", password: "" });
  const login = useLogin();
  const enter = useEnter();
  const say = useErrorText();
  const wrong = useWrong();
  const errors = form.formState.errors;
  const submit = form.handleSubmit((values) =>
    login.mutate(values, { onSuccess: (got) => (got.state === "signed_in" ? enter(got.role) : onSecond(got)) }),
  );
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {login.error && <Notice tone="bad">{say(login.error)}</Notice>}
      <Input label={t("login")} placeholder={t("login_hint")} autoComplete="username" autoCapitalize="none" error={wrong(errors.login)} {...form.register("login")} />
      <PasswordInput label={t("password")} autoComplete="current-password" error={wrong(errors.password)} {...form.register("password")} />
      <Link href="/forgot-password" className="-my-2 inline-flex min-h-11 items-center self-end text-sm font-medium text-accent-strong hover:underline">{t("forgot")}</Link>
      <Button type="submit" wide busy={login.isPending}>{t("sign_in")}</Button>
    </form>
  );
}

function OtherWays({ way, onWay }: { way: Way; onWay: (way: Way) => void }) {
  const t = useTranslations("auth");
  const locale = useLocale();
  const given = useSearchParams();
  const methods = useQuery(methodsQuery).data;
  const passkey = usePasskeyLogin();
  const enter = useEnter();
  const say = useErrorText();
  const failed = passkey.error && !isDismissed(passkey.error) ? passkey.error : null;
  return (
    <>
      <div className="my-5 flex items-center gap-3 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">{t("or")}</div>
      <div className="flex flex-col gap-2.5">
        {failed && <Notice tone="bad">{say(failed)}</Notice>}
        <Button look="secondary" wide busy={passkey.isPending} onClick={() => passkey.mutate(undefined, { onSuccess: (got) => enter(got.role) })}>
          <Fingerprint aria-hidden className="size-5" strokeWidth={1.75} />
          {t("passkey")}
        </Button>
        {methods?.oidc && <a href={oidcStart(locale, { next: ownPath(given.get("next")) })} className={buttonLook("secondary", true)}>{t("oidc", { name: methods.oidc })}</a>}
        {methods?.telegram && way !== "telegram" && (
          <Button look="secondary" wide onClick={() => onWay("telegram")}><Send aria-hidden className="size-4.5" strokeWidth={1.75} />{t("telegram")}</Button>
        )}
        <Button look="quiet" wide onClick={() => onWay(way === "password" ? "token" : "password")}>{t(way === "password" ? "by_token" : "by_password")}</Button>
      </div>
      <p className="mt-5 text-center text-[0.95rem] text-muted">
        {t("no_account")}{" "}
        <Link href="/sign-up" className="inline-flex min-h-11 items-center font-medium text-accent-strong hover:underline">{t("sign_up")}</Link>
      </p>
    </>
  );
}
