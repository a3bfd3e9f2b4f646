import { VerifyPage } from "@/features/auth/components/letter-pages";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("auth", "verify.title");
export default VerifyPage;
