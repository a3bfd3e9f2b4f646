import { Messages } from "@/features/shell/providers";
import { STAFF } from "@/features/session/roles";
import { Shell } from "@/features/shell/shell";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

const FEATURES = ["common", "nav", "settings"];

export default async function AccountLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, FEATURES)}>
      <Shell roles={["client", ...STAFF]}>{props.children}</Shell>
    </Messages>
  );
}
