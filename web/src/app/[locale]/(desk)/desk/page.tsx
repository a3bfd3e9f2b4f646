import { TodayPage } from "@/features/desk/components/today-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("desk", "today.title");
export default TodayPage;
