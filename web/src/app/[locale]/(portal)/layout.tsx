import { Belonging } from "@/features/organisation/components/belonging";
import { Messages } from "@/features/shell/providers";
import { Shell } from "@/features/shell/shell";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

const FEATURES = ["common", "nav", "home", "requests", "new", "organisation", "acts", "article"];

export default async function PortalLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, FEATURES)}>
      <Shell roles={["client"]}><Belonging>{props.children}</Belonging></Shell>
    </Messages>
  );
}
