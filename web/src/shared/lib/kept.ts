/*
 * What a browser keeps for us. Where it keeps nothing (a frame of another site, storage that is switched off, a full
 * one), merely asking for the storage throws; then things are remembered as long as the page lives.
 */
type Area = "localStorage" | "sessionStorage";

class Keeper {
  private readonly page = new Map<string, string>();

  constructor(private readonly area: Area) {}

  read(key: string): string | null {
    const here = this.page.get(key); // newer than what a full storage still holds
    if (here !== undefined) return here;
    try {
      return window[this.area].getItem(key);
    } catch {
      return null;
    }
  }

  write(key: string, value: string | null): void {
    this.page.delete(key);
    try {
      if (value === null) window[this.area].removeItem(key);
      else window[this.area].setItem(key, value);
    } catch {
      if (value !== null) this.page.set(key, value);
    }
  }

  /** Drop all whose key begins so. */
  forget(prefix: string): void {
    for (const key of this.page.keys()) if (key.startsWith(prefix)) this.page.delete(key);
    try {
      for (const key of Object.keys(window[this.area])) if (key.startsWith(prefix)) window[this.area].removeItem(key);
    } catch {
      // nothing is kept there
    }
  }
}

/** Kept for all tabs, and when the browser is closed. */
export const browser = new Keeper("localStorage");
/** Kept as long as the tab. */
export const tab = new Keeper("sessionStorage");
