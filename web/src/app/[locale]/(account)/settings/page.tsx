import { SettingsPage } from "@/features/settings/components/settings-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("settings", "title");
export default SettingsPage;
