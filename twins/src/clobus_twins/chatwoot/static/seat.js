// What the dashboard of the original does for a dashboard app (chatwoot.md §2.8), and little more.
const ASK = "chatwoot-dashboard-app:fetch-info";
const LANGUAGES = ["uz", "ru", "en"];
const query = new URLSearchParams(location.search);
const asked = query.get("lang") || (navigator.language || "ru").slice(0, 2);
const language = LANGUAGES.includes(asked) ? asked : "ru";
const texts = await (await fetch(`/app/locales/${language}.json`)).json();
const t = (key) => texts[`seat.${key}`] ?? key;
const place = location.pathname.match(/accounts\/(\d+)\/conversations\/(\d+)/);
const [account, number] = [place[1], Number(place[2])];
const find = (selector) => document.querySelector(selector);

document.documentElement.lang = language;
find("h1").textContent = t("title");
find("#hint").textContent = t("hint");
find("#who").textContent = t("agent");
find("#others").textContent = t("others");
find("#talk h2").textContent = t("talk");
find("#apps h2").textContent = t("apps");

const address = (id, agent) => `/app/accounts/${account}/conversations/${id}?lang=${language}${agent ? `&agent=${agent}` : ""}`;

async function look() {
  const answer = await fetch(`/_control/seat/${account}/${number}?agent=${query.get("agent") || ""}`);
  return answer.ok ? answer.json() : null;
}

function made(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function talk(shown) {
  const kinds = ["in", "out", "activity", "out"];
  find("#talk ol").replaceChildren(...shown.messages.filter((each) => each.content).map((each) => {
    const bubble = made("li", null, { class: each.private ? "note" : kinds[each.message_type] });
    const who = each.private ? `${each.sender?.name ?? ""} · ${t("note")}` : each.sender?.name;
    if (who) bubble.append(made("small", who));
    bubble.append(each.content);
    return bubble;
  }));
}

let shown = await look();
if (!shown) {
  document.querySelector("main").replaceChildren(made("p", t("missing")));
} else {
  find("#talk h2").textContent = `${shown.contact.name ?? "—"} · #${number}`;
  find("nav ul").replaceChildren(...shown.others.map((each) => {
    const line = made("li");
    line.append(made("a", `${each.contact} · #${each.id}`, { href: address(each.id, shown.currentAgent.id), ...(each.id === number ? { "aria-current": "page" } : {}) }));
    return line;
  }));
  find("#agent").replaceChildren(...shown.agents.map((each) => made("option", each.name, { value: each.id })));
  find("#agent").value = shown.currentAgent.id;
  find("#agent").addEventListener("change", (event) => { location.href = address(number, event.target.value); });
  talk(shown);
  setInterval(async () => { if (!document.hidden) talk(shown = (await look()) ?? shown); }, 4000);
  frames(shown.apps);
}

function frames(apps) {
  if (!apps.length) find("#frames").replaceChildren(made("p", t("none")));
  const say = (frame) => {
    const { conversation, contact, currentAgent } = shown;
    frame.contentWindow.postMessage(JSON.stringify({ event: "appContext", data: { conversation, contact, currentAgent } }), "*");
  };
  const all = apps.map((app) => {
    const content = app.content.find((each) => each.type === "frame" && each.url);
    const frame = made("iframe", null, { src: content?.url ?? "about:blank", title: app.title });
    frame.addEventListener("load", () => say(frame));
    const tab = made("button", app.title, { role: "tab" });
    tab.addEventListener("click", () => choose(app.id));
    return { id: app.id, frame, tab };
  });
  const choose = (id) => all.forEach((each) => {
    each.frame.hidden = each.id !== id;
    each.tab.setAttribute("aria-selected", String(each.id === id));
  });
  find("[role=tablist]").replaceChildren(...all.map((each) => each.tab));
  if (all.length) find("#frames").replaceChildren(...all.map((each) => each.frame));
  if (all.length) choose(all[0].id);
  // Like the original: whoever asks is not looked at, and what is told is told to the frame that is seen.
  window.addEventListener("message", (event) => {
    if (event.data === ASK) all.filter((each) => !each.frame.hidden).forEach((each) => say(each.frame));
  });
}
