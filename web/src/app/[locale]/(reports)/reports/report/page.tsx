import { ReportPage } from "@/features/reports/components/report-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("reports", "report");
export default ReportPage;
