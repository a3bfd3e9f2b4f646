import { Missing } from "@/features/shell/missing";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("common", "not_found");
export default Missing;
