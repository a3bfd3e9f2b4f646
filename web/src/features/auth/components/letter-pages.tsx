"use client";

import { CircleCheck, MailCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { usePathname, useSearchParams } from "next/navigation";
import { useSession } from "@/features/session/api";
import { actFor } from "@/shared/api/acting";
import { ApiError } from "@/shared/api/client";
import { Strength } from "@/features/session/strength";
import { Link } from "@/shared/i18n/link";
import { useAwake } from "@/shared/lib/awake";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { Button, buttonLook } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { EmptyState, Notice, useErrorText } from "@/shared/ui/state";
import { useAccept, useEnter, useForgot, useReset, useVerify } from "../api";
import { forget, kept, keep } from "../invited";
import { PasswordInput } from "./password-input";

function Head({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h1 className="text-2xl font-semibold">{title}</h1>
      <p className="mt-1.5 mb-6 text-muted">{text}</p>
    </>
  );
}

function ToSignIn({ look = "primary", query = "" }: { look?: "primary" | "quiet"; query?: string }) {
  const t = useTranslations("auth.forgotten");
  return <Link href={`/sign-in${query}`} className={buttonLook(look, true)}>{t("back")}</Link>;
}

const isElsewhere = (error: unknown) => error instanceof ApiError && error.code === "proof.other_browser";

/** What is said of a link that failed; half of one, as mail programs cut them, is told of in words about links. */
function useLinkText(): (error: unknown) => string {
  const t = useTranslations("auth.join");
  const say = useErrorText();
  return (error) => (error instanceof ApiError && error.code === "request.invalid" ? t("no_token") : say(error));
}

const nextQuery = (next: string | null) => (next ? `?next=${encodeURIComponent(next)}` : "");

/** The link of a letter: it acts when the person presses the button, since mail programs open links, too. */
export function VerifyPage() {
  const t = useTranslations("auth.verify");
  const token = useSearchParams().get("token");
  const verify = useVerify();
  const here = usePathname();
  const say = useLinkText();
  if (verify.data?.state === "set_password") {
    const action = <Link href={`/reset-password?token=${verify.data.token ?? ""}`} className={buttonLook("primary", true)}>{t("set_password")}</Link>;
    return <EmptyState icon={<CircleCheck className="size-6" />} title={t("verified")} text={t("set_password_text")} action={action} />;
  }
  if (verify.data) {
    const moved = verify.data.state === "email_changed";
    return <EmptyState icon={<CircleCheck className="size-6" />} title={t(moved ? "email_changed" : "verified")} text={t("verified_text")} action={<ToSignIn query={nextQuery(moved ? null : kept())} />} />;
  }
  return (
    <>
      <Head title={t("title")} text={t("text")} />
      <div className="flex flex-col gap-3">
        {!token && <Notice tone="warn">{t("no_token")}</Notice>}
        {verify.error && <Notice tone="bad">{say(verify.error)}</Notice>}
        <Button wide disabled={!token} busy={verify.isPending} onClick={() => token && verify.mutate(token)}>{t("submit")}</Button>
        {verify.error && <ToSignIn look="quiet" query={nextQuery(isElsewhere(verify.error) ? `${here}?token=${token ?? ""}` : null)} />}
      </div>
    </>
  );
}

export function ForgotPage() {
  const t = useTranslations("auth.forgotten");
  const auth = useTranslations("auth");
  const form = useZodForm(async () => (await import("../schema")).forgotten, { login: "" });
  const wrong = useWrong();
  const forgot = useForgot();
  const awake = useAwake();
  const say = useErrorText();
  if (forgot.isSuccess) return <EmptyState icon={<MailCheck className="size-6" />} title={t("sent")} text={t("sent_text")} action={<ToSignIn />} />;
  const submit = form.handleSubmit(({ login }) => forgot.mutate(login));
  return (
    <>
      <Head title={t("title")} text={t("text")} />
      <form onSubmit={(event) => void submit(event)} noValidate>
        <fieldset disabled={!awake} className="flex flex-col gap-4">
          {forgot.error && <Notice tone="bad">{say(forgot.error)}</Notice>}
          <Input label={auth("login")} placeholder={auth("login_hint")} autoComplete="username" autoCapitalize="none" error={wrong(form.formState.errors.login)} {...form.register("login")} />
          <Button type="submit" wide busy={forgot.isPending}>{t("submit")}</Button>
          <ToSignIn look="quiet" />
        </fieldset>
      </form>
    </>
  );
}

export function ResetPage() {
  const t = useTranslations("auth.reset");
  const auth = useTranslations("auth");
  const token = useSearchParams().get("token") ?? "";
  const form = useZodForm(async () => (await import("../schema")).passwords, { password: "", again: "" });
  const reset = useReset();
  const say = useLinkText();
  const wrong = useWrong();
  const refused = useRefused(form, reset.error, { "password.weak": "password", "password.breached": "password" });
  if (reset.isSuccess) return <EmptyState icon={<CircleCheck className="size-6" />} title={t("done")} action={<ToSignIn />} />;
  const errors = form.formState.errors;
  const submit = form.handleSubmit(({ password }) => reset.mutate({ token, password }));
  return (
    <>
      <Head title={t("title")} text={t("text")} />
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        {!token && <Notice tone="warn">{auth("join.no_token")}</Notice>}
        {refused !== null && <Notice tone="bad">{say(refused)}</Notice>}
        <PasswordInput label={auth("password")} hint={auth("register.password_hint")} autoComplete="new-password" error={wrong(errors.password)} {...form.register("password")} />
        <Strength password={form.watch("password")} about={[]} />
        <PasswordInput label={t("again")} autoComplete="new-password" error={wrong(errors.again)} {...form.register("again")} />
        <Button type="submit" wide busy={reset.isPending} disabled={!token}>{t("submit")}</Button>
        {(refused !== null || !token) && <Link href="/forgot-password" className={buttonLook("quiet", true)}>{t("another")}</Link>}
      </form>
    </>
  );
}

/** Join an organisation by the link of a letter. */
export function JoinPage() {
  const t = useTranslations("auth.join");
  const token = useSearchParams().get("token") ?? "";
  const session = useSession();
  const accept = useAccept();
  const enter = useEnter();
  const say = useLinkText();
  const here = usePathname();
  function submit() {
    accept.mutate(token, { onSuccess: (joined) => { forget(); actFor(joined.organisation_id); enter("client"); } });
  }
  const nobody = session.data === null;
  const back = `${here}?token=${token}`;
  return (
    <>
      <Head title={t("title")} text={t(nobody ? "sign_in" : "text")} />
      <div className="flex flex-col gap-3">
        {!token && <Notice tone="warn">{t("no_token")}</Notice>}
        {accept.error && <Notice tone="bad">{say(accept.error)}</Notice>}
        {nobody
          ? (
            <>
              <ToSignIn query={nextQuery(back)} />
              <Link href="/sign-up?invited" onClick={() => keep(back)} className={buttonLook("secondary", true)}>{t("sign_up")}</Link>
            </>
          )
          : <Button wide busy={accept.isPending} disabled={!session.data || !token} onClick={submit}>{t("submit")}</Button>}
      </div>
    </>
  );
}
