"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useRefused, useWrong, useZodForm } from "@/shared/lib/form";
import { useFormat } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Input, Select } from "@/shared/ui/field";
import { Section } from "@/shared/ui/page";
import { Notice, useErrorText } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { invitationsQuery, ROLES, useInvite, useTakeBack, type MemberRole } from "../api";

/** Invite people by letter, and see who has not come yet. */
export function Invitations({ organisation }: { organisation: string }) {
  const t = useTranslations("organisation");
  const format = useFormat();
  const form = useZodForm(async () => (await import("../schema")).invitation, { email: "", role: "user" as MemberRole });
  const invite = useInvite(organisation);
  const takeBack = useTakeBack(organisation);
  const waiting = useQuery(invitationsQuery(organisation)).data ?? [];
  const wrong = useWrong();
  const say = useToast();
  const errorText = useErrorText();
  const refused = useRefused(form, invite.error);
  const submit = form.handleSubmit((values) =>
    invite.mutate(values, { onSuccess: () => { form.reset(); say.done(t("people.invited", { email: values.email })); } }),
  );
  return (
    <Section title={t("people.invite")} text={t("people.invite_text")}>
      <form onSubmit={(event) => void submit(event)} noValidate className="grid items-start gap-4 sm:grid-cols-[1fr_12rem_auto]">
        <Input label={t("people.email")} type="email" autoComplete="off" error={wrong(form.formState.errors.email)} {...form.register("email")} />
        <Select label={t("people.role")} options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} {...form.register("role")} />
        <Button type="submit" busy={invite.isPending} className="sm:mt-[1.65rem]">{t("people.send")}</Button>
      </form>
      {refused !== null && <div className="mt-4"><Notice tone="bad">{errorText(refused)}</Notice></div>}
      {waiting.length > 0 && (
        <ul className="mt-5 border-t border-line">
          {waiting.map((each) => (
            <li key={each.invitation_id} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-3 last:border-0">
              <span className="min-w-0 flex-1 break-all">{each.email}</span>
              <Badge>{t(`role.${each.role as MemberRole}`)}</Badge>
              <span className="text-sm text-muted">{each.over ? t("people.over") : each.expires_at && t("people.until", { day: format.day(each.expires_at) })}</span>
              <Button look="quiet" onClick={() => takeBack.mutate(each.invitation_id, { onError: say.failed })}>{t("people.take_back")}</Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
