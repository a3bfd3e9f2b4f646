import { RequestsPage } from "@/features/desk/components/requests-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "requests.title");
export default RequestsPage;
