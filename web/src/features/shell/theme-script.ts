export const THEME_KEY = "clobus.theme";

/**
 * Runs before the first paint, so that a dark page never flashes white. Its hash is in the page's policy. A frame of
 * another site is given no storage: it goes by the machine's colours.
 */
export const THEME_SCRIPT = `(function(){var t;try{t=localStorage.getItem("${THEME_KEY}")}catch(e){}document.documentElement.dataset.theme=t||(matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light")})()`;
