import { call, h, has, t, when } from "./common.js";

const MOST = 60;

// Each change as it travels: who did what where, newest first.
export class Strip {
  pace = 700;

  constructor(place) {
    this.list = place.querySelector("ol");
    this.seen = {};
    this.items = [];
    this.away = [];
  }

  async look() {
    const query = new URLSearchParams(this.seen);
    const said = await call(`strip?${query}`);
    this.seen = said.seen;
    const moved = said.away.join() !== this.away.join();
    this.away = said.away;
    if (!said.items.length && !moved) return;
    this.items = [...this.items, ...said.items].slice(-MOST);
    this.draw(said.items.length);
  }

  draw(fresh = 0) {
    const shown = this.items.map((item, at) => this.item(item, at >= this.items.length - fresh));
    const away = this.away.map((name) => h("li.failed", {}, t("strip.away", { who: t(`system.${name}`) })));
    this.list.replaceChildren(...(shown.length || away.length ? [...shown, ...away] : [h("li.empty", {}, t("strip.empty"))]));
    this.list.scrollLeft = 0;
  }

  item(item, fresh) {
    const what = has(`what.${item.what}`) ? t(`what.${item.what}`) : item.what;
    const failed = item.fault || (item.status && item.status >= 400);
    const subject = String(item.subject || "");
    const short = subject.length > 20 ? `…${subject.slice(-6)}` : subject;
    return h(
      `li${fresh ? ".fresh" : ""}${failed ? ".failed" : ""}`, { title: `${when(item.at)} ${subject}` },
      h(`b.${item.from}`, {}, t(`system.${item.from}`)), " → ", h(`b.${item.to}`, {}, t(`system.${item.to}`)), ` ${what}`,
      short ? h("span.muted", {}, ` ${short}`) : "", failed ? ` ✕ ${item.fault || item.status}` : "",
    );
  }
}
