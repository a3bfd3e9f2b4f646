import { AllowPage } from "@/features/panel/components/allow-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("panel", "confirm_title");
export default AllowPage;
