import { NewPage } from "@/features/new/components/new-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("new", "title");
export default NewPage;
