import { ArticlePage } from "@/features/article/article-page";
import { titled } from "@/shared/i18n/load";

export const generateMetadata = titled("article", "title");
export default ArticlePage;
