import { call, doing, fill, h, t, typing, when } from "./common.js";

// 1C as its users see it: documents, and what can be done with one.
export class Onec {
  constructor(place) {
    this.place = place;
    this.find = "";
    this.rows = [];
    this.chosen = null;
    this.words = { managers: [], clients: [] };
    call("onec/words").then((words) => { this.words = words; this.draw(); }, () => {});
  }

  async look() {
    this.rows = await call(`onec/documents?${new URLSearchParams({ find: this.find })}`);
    if (!typing(this.place)) this.fill();
  }

  draw() {
    this.body = h("div.body");
    this.card = h("div.foot");
    this.place.replaceChildren(
      h("div.head", {}, h("h2", {}, t("panel.onec")),
        h("input", { type: "search", placeholder: t("onec.find"), "aria-label": t("onec.find"), value: this.find,
          oninput: (event) => { this.find = event.target.value; this.look(); } }),
        h("button.primary", { onclick: () => { this.chosen = "new"; this.fill(); } }, t("onec.new"))),
      this.body, this.card,
    );
    this.fill();
  }

  fill() {
    fill(this.body, this.rows.length ? this.rows.map((row) => this.row(row)) : h("p.empty", {}, t("onec.empty")));
    const row = this.rows.find((each) => each.key === this.chosen);
    this.card.hidden = !row && this.chosen !== "new";
    if (this.chosen === "new") this.card.replaceChildren(this.form());
    else if (row) this.card.replaceChildren(this.acts(row));
  }

  row(row) {
    return h(`button.row${row.key === this.chosen ? ".chosen" : ""}`,
      { "data-key": row.key, onclick: () => { this.chosen = this.chosen === row.key ? null : row.key; this.fill(); } },
      h("span.top", {}, h("b", {}, row.number || "—"), h(`span.tag.${row.stage}`, {}, t(`stage.${row.stage}`)),
        h("span.muted", {}, when(row.planned || row.created))),
      h("p", {}, row.client || "—"), h("p", {}, `${row.manager} · ${row.text}`));
  }

  act(row, act, more = {}) {
    return doing(async () => {
      await call(`onec/documents/${row.key}`, { act, ...more });
      document.activeElement?.blur?.();
      await this.look();
    });
  }

  acts(row) {
    const text = h("textarea", { rows: 2, "aria-label": t("onec.text") });
    text.value = row.text;
    const planned = h("input", { type: "datetime-local", "aria-label": t("onec.planned"), value: (row.planned || row.created).slice(0, 16) });
    const manager = this.managers(row.manager_key);
    const button = (act, more) => h("button", { "data-act": act, onclick: this.act(row, act, more) }, t(`act.${act}`));
    return h("div.card", {},
      h("div.line", {}, h("b", {}, row.number), h("span.muted", {}, row.client)),
      text,
      h("div.line", {}, h("button", { "data-act": "edit", onclick: (e) => this.act(row, "edit", { text: text.value })(e) }, t("act.edit")),
        manager, h("button", { "data-act": "assign", onclick: (e) => this.act(row, "assign", { manager: manager.value })(e) }, t("act.assign"))),
      h("div.line", {}, planned, h("button", { "data-act": "redate", onclick: (e) => this.act(row, "redate", { planned: planned.value })(e) }, t("act.redate")),
        button("call"), button("close_queue")),
      h("div.line", {}, button("start"), button("close"), button("reopen"), button("cancel"),
        row.stage === "deleted" ? button("restore") : button("delete")),
      h("div.line", {}, h("span.muted", {}, t("act.rate")), [1, 2, 3, 4, 5].map((mark) =>
        h("button", { "data-mark": mark, onclick: this.act(row, "rate", { mark }) }, `${mark}★`))));
  }

  managers(chosen) {
    return h("select", { "aria-label": t("onec.manager"), value: chosen },
      this.words.managers.map((each) => h("option", { value: each.key, selected: each.key === chosen }, each.name)));
  }

  form() {
    const client = h("select", { "aria-label": t("onec.client") }, this.words.clients.map((each) => h("option", { value: each.key }, each.name)));
    const manager = this.managers();
    const text = h("textarea", { rows: 2, placeholder: t("onec.text"), "aria-label": t("onec.text") });
    return h("form.card", { onsubmit: doing(async () => {
      const made = await call("onec/documents", { client: client.value, manager: manager.value, text: text.value });
      this.chosen = made.key;
      document.activeElement?.blur?.();
      await this.look();
    }) }, client, manager, text,
    h("div.line", {}, h("button.primary", { type: "submit" }, t("onec.create")),
      h("button", { type: "button", onclick: () => { this.chosen = null; this.fill(); } }, t("cancel"))));
  }
}
