import { Start } from "@/features/shell/start";

export default Start;
