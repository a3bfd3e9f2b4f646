import { ClientsPage } from "@/features/desk/components/clients-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "clients.title");
export default ClientsPage;
