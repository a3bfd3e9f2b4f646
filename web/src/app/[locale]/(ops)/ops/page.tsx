import { OpsPage } from "@/features/ops/components/ops-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("ops", "title");
export default OpsPage;
