import { call, complain, doing, fill, h, language, t, when } from "./common.js";

const FIRST = 7001;
const KINDS = { image: "photo", video: "video", audio: "audio" };

// A phone with Telegram: people, what they see, their buttons.
export class Phone {
  pace = 1000;

  constructor(place) {
    this.place = place;
    this.id = Number(localStorage.getItem("phone")) || FIRST;
    this.people = [];
    this.screen = null;
    this.last = "";
  }

  async look() {
    this.people = (await call("telegram/chats")).filter((chat) => Number(chat.id) > 0);
    this.screen = await call(`telegram/chats/${this.id}`);
    const now = JSON.stringify([this.id, this.screen, this.people.length]);
    if (now !== this.last) {
      this.last = now;
      this.fill();
    }
  }

  draw() {
    this.last = "";
    this.head = h("div.head");
    this.body = h("div.body.phone");
    this.body.dataset.follow = "1";
    this.keys = h("div.keys");
    this.text = h("input", { placeholder: t("phone.text"), "aria-label": t("phone.text") });
    this.files = h("input", { type: "file", hidden: true, multiple: true, onchange: doing(() => this.attach()) });
    this.foot = h("form.foot", { onsubmit: doing(async () => {
      const text = this.text.value.trim();
      if (!text) return;
      this.text.value = "";
      await this.act("text", { text });
    }) }, this.keys, h("div.line", {}, h("button", { type: "button", "aria-label": t("phone.attach"), onclick: () => this.files.click() }, h("span.clip")),
      this.text, h("button.primary", { type: "submit", "aria-label": t("send") }, "➤")), this.files,
    h("div.line", {}, h("button", { type: "button", "data-act": "contact", onclick: doing(() => this.contact()) }, t("phone.contact")),
      this.block = h("button", { type: "button", onclick: doing(() => this.act(this.screen?.blocked ? "unblock" : "block", {})) }, t("phone.block"))));
    this.place.replaceChildren(this.head, this.body, this.foot);
    this.text.style.flex = "1";
    this.text.style.minWidth = "0";
    this.fill();
  }

  async act(name, more) {
    const person = this.people.find((each) => Number(each.id) === this.id);
    const said = await call(`telegram/person/${name}`, {
      id: this.id, first_name: person?.first_name || t("phone.person", { n: this.id - FIRST + 1 }),
      language_code: person?.language_code || language, ...more,
    });
    await this.look();
    this.body.scrollTop = this.body.scrollHeight;
    return said;
  }

  async contact() {
    const phone = prompt(t("phone.number"), localStorage.getItem("phone.number") || "+998");
    if (!phone) return;
    localStorage.setItem("phone.number", phone);
    await this.act("contact", { phone: phone.replace(/[^\d+]/g, "") });
  }

  async attach() {
    for (const file of this.files.files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
      await this.act(KINDS[file.type.split("/")[0]] || "document", { name: file.name, content: btoa(text), mime: file.type });
    }
    this.files.value = "";
  }

  choose(id) {
    this.id = id;
    localStorage.setItem("phone", id);
    return this.look();
  }

  fill() {
    const ids = [...new Set([FIRST, this.id, ...this.people.map((each) => Number(each.id))])].sort((a, b) => a - b);
    const name = (id) => this.people.find((each) => Number(each.id) === id)?.first_name || t("phone.person", { n: id - FIRST + 1 });
    this.head.replaceChildren(h("h2", {}, t("panel.telegram")), h("div.line", {},
      h("select", { "aria-label": t("phone.who"), onchange: doing((event) => this.choose(Number(event.target.value))) },
        ids.map((id) => h("option", { value: id, selected: id === this.id }, name(id)))),
      h("button", { "aria-label": t("phone.new"), onclick: doing(() => this.choose(Math.max(...ids) + 1)) }, "+")));
    const messages = this.screen?.messages || [];
    fill(this.body, messages.length ? h("div.talk", {}, messages.map((each) => this.message(each)))
      : h("p.empty", {}, t("phone.empty"), h("br"), h("button.primary", { "data-act": "start", onclick: doing(() => this.act("start", {})) }, t("phone.start"))));
    this.keys.replaceChildren(...(this.screen?.reply_keyboard || []).map((row) => h("div", {}, row.map((button) => {
      const text = button.text || button;
      return h("button", { type: "button", onclick: doing(() => button.request_contact ? this.contact() : this.act("text", { text })) }, text);
    }))));
    this.block.textContent = t(this.screen?.blocked ? "phone.unblock" : "phone.block");
  }

  message(each) {
    const file = each.file && (each.file.kind === "photo"
      ? h("img", { src: `/sandbox/telegram/files/${each.file.file_id}`, alt: each.file.name || "" })
      : h("a", { href: `/sandbox/telegram/files/${each.file.file_id}`, download: each.file.name || "file" }, h("span.clip"), ` ${each.file.name || each.file.kind}`));
    return h(`div.bubble${each.from_bot ? "" : ".out"}${each.deleted ? ".gone" : ""}`, { "data-message": each.message_id },
      file || "", each.text || each.caption || (each.contact ? `☎ ${each.contact.phone_number}` : ""),
      h("small", {}, `${when(each.date, false)}${each.edit_date ? ` · ${t("phone.edited")}` : ""}`),
      each.buttons.length ? h("div.keys", {}, each.buttons.map((row) => h("div", {}, row.map((button) => this.button(each, button))))) : "");
  }

  button(message, button) {
    if (button.url) return h("a", { href: button.url, target: "_blank", rel: "noreferrer" }, `${button.text} ↗`);
    if (button.web_app) return h("a", { href: button.web_app.url, target: "_blank", rel: "noreferrer" }, `${button.text} ▢`);
    return h("button", { type: "button", "data-data": button.callback_data, onclick: doing(async () => {
      await this.act("tap", { data: button.callback_data, message_id: message.message_id });
      setTimeout(() => this.toast(), 700);
    }) }, button.text);
  }

  async toast() {
    await this.look();
    const said = this.screen?.toasts?.at(-1);
    if (said && said.date * 1000 > Date.now() - 5000) complain(said.text);
  }
}
