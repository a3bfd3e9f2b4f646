import { ReportSettingsPage } from "@/features/reports/components/settings-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("reports", "settings");
export default ReportSettingsPage;
