"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { Notice } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";
import { GIVEN, makePass } from "../api";

/** The window of our own site in which a person of the staff lets the panel in Chatwoot speak for him. */
export function AllowPage() {
  const t = useTranslations("panel");
  const say = useToast();
  const allow = useMutation({
    mutationFn: async () => {
      const frame = window.opener as Window | null;
      if (!frame) return false;
      const { token } = await makePass();
      // Our own pages alone can read it, whatever opened this window.
      frame.postMessage({ kind: GIVEN, token }, window.location.origin);
      window.setTimeout(() => window.close(), 800);
      return true;
    },
    onError: say.failed,
  });
  return (
    <>
      <PageHeader title={t("confirm_title")} text={t("confirm_text")} />
      <Section className="max-w-xl">
        {allow.data === undefined && <Button busy={allow.isPending} onClick={() => allow.mutate()}>{t("allow")}</Button>}
        {allow.data === true && <Notice tone="good">{t("done")}</Notice>}
        {allow.data === false && <Notice tone="warn">{t("lost")}</Notice>}
      </Section>
    </>
  );
}
