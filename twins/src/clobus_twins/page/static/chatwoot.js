import { call, doing, fill, h, language, t, typing, when } from "./common.js";

const STATUSES = ["open", "pending", "resolved", "all"];

// The managers' inbox: read, answer with files, note, assign, label, resolve.
export class Chatwoot {
  constructor(place) {
    this.place = place;
    this.status = "open";
    this.rows = [];
    this.open = null;
    this.shown = null;
    this.private = false;
  }

  async look() {
    if (this.open) this.shown = await call(`chatwoot/conversations/${this.open}`);
    else this.rows = await call(`chatwoot/conversations?status=${this.status}`);
    this.fill();
  }

  draw() {
    this.body = h("div.body");
    this.body.dataset.follow = "1";
    this.foot = h("form.foot", { onsubmit: doing(() => this.say()) });
    this.head = h("div.head");
    this.place.replaceChildren(this.head, this.body, this.foot);
    this.text = h("textarea", { rows: 2, placeholder: t("chatwoot.text"), "aria-label": t("chatwoot.text"),
      onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.foot.requestSubmit(); } } });
    this.files = h("input", { type: "file", multiple: true, "aria-label": t("chatwoot.files") });
    this.foot.replaceChildren(this.text, h("div.line", {}, this.files,
      h("button", { type: "button", "aria-pressed": String(this.private), onclick: (event) => {
        this.private = !this.private;
        event.target.setAttribute("aria-pressed", String(this.private));
      } }, t("chatwoot.note")),
      h("button.primary", { type: "submit" }, t("send"))));
    this.fill();
  }

  fill() {
    this.foot.hidden = !this.open;
    if (this.open && this.shown) this.conversation(this.shown);
    else this.inbox();
  }

  inbox() {
    this.head.replaceChildren(h("h2", {}, t("panel.chatwoot")), h("div.line", {}, STATUSES.map((each) =>
      h("button", { "aria-pressed": String(each === this.status), "data-status": each,
        onclick: doing(() => { this.status = each; return this.look(); }) }, t(`chatwoot.${each}`)))));
    fill(this.body, this.rows.length ? this.rows.map((row) => h("button.row", { "data-id": row.id, onclick: doing(async () => {
      this.open = row.id;
      await this.look();
      this.body.scrollTop = this.body.scrollHeight;
    }) },
    h("span.top", {}, h("b", {}, row.contact), h(`span.tag.${row.status}`, {}, t(`chatwoot.${row.status}`)),
      h("span.muted", {}, when(row.at))),
    h("p", {}, `${row.number ? `№ ${row.number} · ` : ""}${row.agent || t("chatwoot.nobody")}`), h("p", {}, row.last)))
      : h("p.empty", {}, t("chatwoot.empty")));
  }

  act(act, value) {
    return doing(async () => {
      this.shown = await call(`chatwoot/conversations/${this.open}`, { act, value });
      document.activeElement?.blur?.();
      this.fill();
    });
  }

  conversation(shown) {
    if (!typing(this.head)) {
      const agent = h("select", { "aria-label": t("chatwoot.agent"), onchange: (e) => this.act("assign", Number(e.target.value) || null)(e) },
        h("option", { value: "" }, t("chatwoot.nobody")),
        shown.agents.map((each) => h("option", { value: each.id, selected: each.id === shown.assignee }, each.name)));
      const label = h("select", { "aria-label": t("chatwoot.label"), onchange: (e) => {
        const chosen = e.target.value;
        const labels = shown.labels.includes(chosen) ? shown.labels.filter((each) => each !== chosen) : [...shown.labels, chosen];
        return this.act("labels", labels)(e);
      } }, h("option", { value: "" }, t("chatwoot.label")),
      shown.all_labels.map((each) => h("option", { value: each }, `${shown.labels.includes(each) ? "✓ " : ""}${each}`)));
      this.head.replaceChildren(
        h("button", { onclick: doing(() => { this.open = this.shown = null; return this.look(); }), "aria-label": t("back") }, "←"),
        h("b", {}, `${shown.contact}${shown.number ? ` · № ${shown.number}` : ""}`), h(`span.tag.${shown.status}`, {}, t(`chatwoot.${shown.status}`)),
        h("div.line", {}, agent, label,
          h("a.seat", { href: `${shown.seat}?lang=${language}`, target: "_blank", rel: "noreferrer" }, t("chatwoot.seat")), shown.status === "resolved"
          ? h("button", { "data-act": "reopen", onclick: this.act("status", "open") }, t("chatwoot.reopen"))
          : h("button.primary", { "data-act": "resolve", onclick: this.act("status", "resolved") }, t("chatwoot.resolve"))));
    }
    const labels = shown.labels.map((each) => h("span.tag", {}, each));
    fill(this.body, h("div.talk", {}, labels.length ? h("div.line", {}, labels) : "", shown.messages.map((each) => this.message(each))));
  }

  message(each) {
    return h(`div.bubble.${each.kind}`, { "data-message": each.id }, each.kind === "activity" ? "" : h("small", {}, `${each.who} ${when(each.at, false)}`),
      each.text, each.files.map((file) => file.kind === "image"
        ? h("img", { src: file.url, alt: file.name, loading: "lazy" })
        : h("a", { href: file.url, target: "_blank", rel: "noreferrer" }, h("span.clip"), ` ${file.name}`)));
  }

  async say() {
    const form = new FormData();
    form.set("text", this.text.value.trim());
    form.set("private", String(this.private));
    for (const file of this.files.files) form.append("files", file);
    await call(`chatwoot/conversations/${this.open}/messages`, form);
    this.text.value = "";
    this.files.value = "";
    await this.look();
    this.body.scrollTop = this.body.scrollHeight;
  }
}
