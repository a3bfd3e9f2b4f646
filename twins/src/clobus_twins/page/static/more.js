import { call, doing, fill, h, t, when } from "./common.js";

const TWINS = ["onec", "chatwoot", "telegram", "mail"];
const FAULTS = [
  ["away", { kind: "status", status: 503, times: 20 }],
  ["refuse", { kind: "status", status: 500, times: 3 }],
  ["busy", { kind: "status", status: 429, retry_after: 2, times: 5 }],
  ["slow", { kind: "slow", seconds: 3, times: 10 }],
  ["cut", { kind: "cut", times: 3 }],
  ["cut_after_write", { kind: "cut_after_write", times: 2 }],
];
const WEBHOOKS = [
  ["webhook_lost", { kind: "webhook_lost", times: 5 }],
  ["webhook_doubled", { kind: "webhook_doubled", times: 5 }],
  ["webhook_late", { kind: "webhook_late", seconds: 5, times: 5 }],
  ["webhook_badly_signed", { kind: "webhook_badly_signed", times: 5 }],
];
const PAGES = [
  ["page_loses_row", { kind: "page_loses_row", times: 3 }],
  ["page_repeats_row", { kind: "page_repeats_row", times: 3 }],
];

// The mail that was caught, switches for faults, and where everything is.
export class More {
  constructor(place) {
    this.place = place;
    this.tab = "mail";
    this.letters = [];
    this.faults = {};
    this.open = null;
    call("about").then((about) => { this.about = about; this.draw(); }, () => {});
  }

  async look() {
    if (this.tab === "mail" && this.about?.urls.mail) this.letters = (await call("mail")).reverse();
    if (this.tab === "faults") {
      for (const name of this.there()) this.faults[name] = await call(`faults/${name}`);
    }
    this.fill();
  }

  there() {
    return TWINS.filter((name) => this.about?.urls[name]);
  }

  draw() {
    this.body = h("div.body");
    this.place.replaceChildren(h("div.head", {}, h("h2", {}, t("panel.more")), h("div.line", {}, ["mail", "faults", "links"].map((each) =>
      h("button", { "aria-pressed": String(each === this.tab), "data-tab": each, onclick: doing(() => { this.tab = each; this.draw(); return this.look(); }) }, t(`more.${each}`))))), this.body);
    this.fill();
  }

  fill() {
    const parts = { mail: () => this.mail(), faults: () => this.switches(), links: () => this.links() };
    const now = JSON.stringify([this.tab, this.letters.length, this.open, this.faults, document.documentElement.lang]);
    if (now === this.last && this.body.childElementCount) return;
    this.last = now;
    fill(this.body, parts[this.tab]());
  }

  mail() {
    if (!this.letters.length) return h("p.empty", {}, t("mail.empty"));
    return this.letters.map((each) => h("div", {},
      h("button.row", { onclick: () => { this.open = this.open === each.id ? null : each.id; this.fill(); } },
        h("span.top", {}, h("b", {}, String(each.to)), h("span.muted", {}, when(each.at, false))), h("p", {}, each.subject || "—")),
      this.open === each.id ? h("div.card.letter", {}, each.text || each.body || "") : ""));
  }

  switches() {
    return this.there().map((name) => {
      const waiting = (this.faults[name] || []).filter((each) => each.times === null || each.fired < each.times);
      const list = [...(name === "mail" ? [] : FAULTS), ...(name === "chatwoot" ? WEBHOOKS : []), ...(name === "onec" ? PAGES : [])];
      return h("div.card", { "data-twin": name }, h("div.line", {}, h("b", {}, t(`system.${name}`)),
        waiting.length ? h("span.tag.cancelled", {}, t("faults.waiting", { n: waiting.length })) : h("span.tag.closed", {}, t("faults.none")),
        waiting.length ? h("button", { "data-clear": name, onclick: doing(async () => { await call(`faults/${name}`, undefined, "DELETE"); await this.look(); }) }, t("faults.clear")) : ""),
      h("div.line", {}, list.map(([key, fault]) =>
        h("button.bad", { "data-fault": key, onclick: doing(async () => { await call(`faults/${name}`, fault); await this.look(); }) }, t(`fault.${key}`)))));
    });
  }

  links() {
    const urls = this.about?.urls || {};
    return h("div.card", {}, h("dl", {}, Object.entries(urls).map(([name, url]) => [h("dt", {}, t(`system.${name}`)), h("dd", {}, h("a", { href: name === "api" ? `${url}/ops` : url, target: "_blank", rel: "noreferrer" }, url))])));
  }
}
