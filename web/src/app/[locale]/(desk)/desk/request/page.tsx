import { RequestPage } from "@/features/desk/components/request-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "request.about");
export default RequestPage;
