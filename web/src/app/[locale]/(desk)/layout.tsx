import { Messages } from "@/features/shell/providers";
import { Shell } from "@/features/shell/shell";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

const FEATURES = ["common", "nav", "desk", "words", "panel", "merges", "codes"];

export default async function DeskLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, FEATURES)}>
      <Shell roles={["manager", "head", "administrator", "auditor"]}>{props.children}</Shell>
    </Messages>
  );
}
