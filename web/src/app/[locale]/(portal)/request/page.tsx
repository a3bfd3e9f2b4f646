import { RequestPage } from "@/features/requests/components/request-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("requests", "title");
export default RequestPage;
