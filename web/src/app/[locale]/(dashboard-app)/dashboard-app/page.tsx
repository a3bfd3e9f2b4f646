import { PanelPage } from "@/features/panel/components/panel-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("panel", "title");
export default PanelPage;
