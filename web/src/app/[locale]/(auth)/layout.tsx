import { AuthFrame } from "@/features/auth/frame";
import { Messages } from "@/features/shell/providers";
import { loadMessages, localeOf, type LayoutProps } from "@/shared/i18n/load";

export default async function AuthLayout(props: LayoutProps) {
  const locale = await localeOf(props);
  return (
    <Messages locale={locale} messages={await loadMessages(locale, ["common", "nav", "auth"])}>
      <AuthFrame>{props.children}</AuthFrame>
    </Messages>
  );
}
