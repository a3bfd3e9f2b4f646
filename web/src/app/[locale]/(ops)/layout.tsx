import { Messages } from "@/features/shell/providers";
import { Shell } from "@/features/shell/shell";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

const FEATURES = ["common", "nav", "ops", "people", "acts", "codes"];

export default async function OpsLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, FEATURES)}>
      <Shell roles={["head", "administrator", "auditor"]}>{props.children}</Shell>
    </Messages>
  );
}
