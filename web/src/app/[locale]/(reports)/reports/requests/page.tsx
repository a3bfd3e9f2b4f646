import { BehindPage } from "@/features/reports/components/behind-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("reports", "behind");
export default BehindPage;
