import { ResetPage } from "@/features/auth/components/letter-pages";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("auth", "reset.title");
export default ResetPage;
