import { ManagersPage } from "@/features/desk/components/managers-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "managers.title");
export default ManagersPage;
