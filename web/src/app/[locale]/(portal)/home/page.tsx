import { HomePage } from "@/features/home/home-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("home", "title");
export default HomePage;
