"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { useToast } from "@/shared/ui/toast";

/** Recovery codes: shown once, to be kept. */
export function CodesDialog({ codes, onClose }: { codes: string[] | null; onClose: () => void }) {
  const t = useTranslations("settings.security");
  const common = useTranslations("common");
  const say = useToast();
  async function copy() {
    await navigator.clipboard.writeText((codes ?? []).join("\n"));
    say.done(common("copied"));
  }
  const footer = (
    <>
      <Button look="secondary" onClick={() => void copy()}>{common("copy")}</Button>
      <Button onClick={onClose}>{t("codes_kept")}</Button>
    </>
  );
  return (
    <Dialog open={Boolean(codes?.length)} onClose={onClose} title={t("codes_made")} text={t("codes_made_text")} footer={footer}>
      <ul className="grid grid-cols-2 gap-2 font-mono text-[0.95rem]">
        {codes?.map((each) => <li key={each} className="rounded-lg bg-sunken px-3 py-2 text-center select-all">{each}</li>)}
      </ul>
    </Dialog>
  );
}
