"use client";

import { useQuery } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useTranslations } from "next-intl";
import { hasPasskeys, isDismissed } from "@/features/session/passkey";
import { useFormat } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { ConfirmButton } from "@/shared/ui/dialog";
import { Section } from "@/shared/ui/page";
import { Loaded } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { passkeysQuery, useAddPasskey, useRemovePasskey } from "../api";

/** Passkeys: listed, added on this device, forgotten. */
export function Passkeys({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const t = useTranslations("settings.security");
  const query = useQuery(passkeysQuery);
  const add = useAddPasskey();
  const say = useToast();
  function make() {
    const name = /Mobi|Android/.test(navigator.userAgent) ? t("phone") : t("computer");
    add.mutate(name, {
      onSuccess: (made) => { say.done(t("passkey_added")); if (made.recovery_codes.length) onCodes(made.recovery_codes); },
      onError: (error) => { if (!isDismissed(error)) say.failed(error); },
    });
  }
  return (
    <Section title={t("passkeys")} text={t("passkeys_text")}>
      <Loaded query={query}>
        {(all) => (
          <ul className="mb-4 flex flex-col gap-2 empty:hidden">
            {all.map((each) => <Passkey key={each.id} id={each.id} name={each.name} made={each.created_at} used={each.used_at} />)}
          </ul>
        )}
      </Loaded>
      {hasPasskeys() ? <Button look="secondary" busy={add.isPending} onClick={make}>{t("passkey_add")}</Button> : <p className="text-sm text-muted">{t("passkeys_unknown")}</p>}
    </Section>
  );
}

function Passkey({ id, name, made, used }: { id: string; name: string; made: string; used: string | null }) {
  const t = useTranslations("settings.security");
  const common = useTranslations("common");
  const format = useFormat();
  const remove = useRemovePasskey();
  const say = useToast();
  async function drop() {
    try {
      await remove.mutateAsync(id);
    } catch (error) {
      say.failed(error);
      throw error;
    }
  }
  return (
    <li className="flex items-center gap-3">
      <Fingerprint aria-hidden className="size-5 shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{name}</span>
        <span className="block text-sm text-muted">{used ? t("used", { when: format.moments(used) }) : t("made", { when: format.day(made) })}</span>
      </span>
      <ConfirmButton label={common("delete")} title={t("passkey_remove_title")} text={t("passkey_remove_text")} act={drop} />
    </li>
  );
}
