import { PeoplePage } from "@/features/people/components/people-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("people", "title");
export default PeoplePage;
