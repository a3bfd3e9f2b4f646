import { Messages } from "@/features/shell/providers";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

export default async function PanelLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, ["common", "nav", "panel"])}>
      <main className="mx-auto max-w-2xl p-4">{props.children}</main>
    </Messages>
  );
}
