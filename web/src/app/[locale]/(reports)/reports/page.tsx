import { OverviewPage } from "@/features/reports/components/overview-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("reports", "title");
export default OverviewPage;
