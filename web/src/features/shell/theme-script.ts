export const THEME_KEY = "clobus.theme";

/** Runs before the first paint, so that a dark page never flashes white. Its hash is in the page's policy. */
export const THEME_SCRIPT = `(function(){try{var t=localStorage.getItem("${THEME_KEY}");document.documentElement.dataset.theme=t||(matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light")}catch(e){}})()`;
