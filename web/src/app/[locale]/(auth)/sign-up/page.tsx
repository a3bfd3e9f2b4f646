import { SignUpPage } from "@/features/auth/components/sign-up-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("auth", "register.title");
export default SignUpPage;
