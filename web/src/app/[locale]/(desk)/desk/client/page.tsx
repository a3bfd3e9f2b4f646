import { ClientPage } from "@/features/desk/components/client-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "clients.about");
export default ClientPage;
