import { MergesPage } from "@/features/merges/components/merges-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("merges", "title");
export default MergesPage;
