import { SignInPage } from "@/features/auth/components/sign-in-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("auth", "title");
export default SignInPage;
