import { OrganisationPage } from "@/features/organisation/components/organisation-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("organisation", "title");
export default OrganisationPage;
