"use client";

import { Building2, MailOpen, ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useSession } from "@/features/session/api";
import { useMe } from "@/features/session/me";
import { Link } from "@/shared/i18n/link";
import { Button, buttonLook } from "@/shared/ui/button";
import { PageHeader, Section } from "@/shared/ui/page";
import { EmptyState, SkeletonList } from "@/shared/ui/state";
import { useToast } from "@/shared/ui/toast";

const FOR_ANYBODY = /\/(organisation|article)\/?$/;

/** The pages of the portal for who belongs to an organisation; for who does not yet: how to get there. */
export function Belonging({ children }: { children: ReactNode }) {
  const session = useSession().data;
  const path = usePathname();
  const nowhere = session?.role === "client" && session.person_id && !session.organisation_id;
  if (!nowhere || FOR_ANYBODY.test(path)) return <>{children}</>;
  return <Nowhere />;
}

function Nowhere() {
  const t = useTranslations("organisation.nowhere");
  const say = useToast();
  const session = useSession();
  const me = useMe();
  if (!me.data) return <SkeletonList />;
  const { name, email } = me.data;
  // Somebody of the staff whose rights begin with a second factor.
  if (me.data.second_factor_needed) {
    const settings = <Link href="/settings?tab=security" className={buttonLook()}>{t("second_go")}</Link>;
    return <><PageHeader title={t("title", { name })} /><EmptyState icon={<ShieldCheck className="size-6" />} title={t("second")} text={t("second_text")} action={settings} /></>;
  }
  async function look() {
    const [found] = await Promise.all([session.refetch(), me.refetch()]);
    if (!found.data?.organisation_id) say.done(t("not_yet"));
  }
  return (
    <>
      <PageHeader title={t("title", { name: name.split(" ")[0] ?? "" })} text={t("text")} />
      <div className="grid gap-5 md:grid-cols-2">
        <Section title={t("make")} text={t("make_text")}>
          <Building2 aria-hidden className="mb-4 size-8 text-accent-strong" strokeWidth={1.5} />
          <p className="mb-5 text-muted">{t("make_more")}</p>
          <Link href="/organisation" className={buttonLook()}>{t("make_go")}</Link>
        </Section>
        <Section title={t("wait")} text={t("wait_text")}>
          <MailOpen aria-hidden className="mb-4 size-8 text-accent-strong" strokeWidth={1.5} />
          <p className="mb-5 text-muted">{email ? t("wait_more", { email }) : t("wait_no_email")}</p>
          <Button look="secondary" busy={session.isFetching} onClick={() => void look()}>{t("again")}</Button>
        </Section>
      </div>
    </>
  );
}
