import { WordsPage } from "@/features/words/components/words-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("words", "title");
export default WordsPage;
