import { RequestsPage } from "@/features/requests/components/requests-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("requests", "title");
export default RequestsPage;
