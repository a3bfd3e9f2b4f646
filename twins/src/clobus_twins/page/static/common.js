// What every panel uses: texts, elements, requests, dates.
let texts = {};
export let language = localStorage.getItem("language") || (navigator.language || "ru").slice(0, 2);
export const LANGUAGES = ["uz", "ru", "en"];
if (!LANGUAGES.includes(language)) language = "ru";

export async function speak(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  texts = await (await fetch(`/sandbox/locales/${chosen}.json`)).json();
  document.documentElement.lang = chosen;
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(each.dataset.t);
  document.title = `Clobus · ${t("title")}`;
}

export const has = (key) => key in texts;

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// An element: h("button.primary", {onclick}, "text", child). Texts are never taken for markup.
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value") made.value = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child || child === 0) made.append(child);
  return made;
}

export async function call(path, body, method) {
  const how = { method: method || (body === undefined ? "GET" : "POST") };
  if (body instanceof FormData) how.body = body;
  else if (body !== undefined) {
    how.body = JSON.stringify(body);
    how.headers = { "content-type": "application/json" };
  }
  const answer = await fetch(`/sandbox/${path}`, how);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || `${answer.status}`);
  return said;
}

let timer;
export function complain(error) {
  const toast = document.getElementById("toast");
  toast.textContent = error.message || String(error);
  toast.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => toast.classList.remove("shown"), 5000);
}

export const doing = (work) => async (event) => {
  event?.preventDefault?.();
  try {
    await work(event);
  } catch (error) {
    complain(error);
  }
};

const names = { uz: "uz-UZ", ru: "ru-RU", en: "en-GB" };

// A moment for people: a number of seconds, an instant, or 1C's wall clock, which bears no zone.
export function when(value, long = true) {
  if (!value) return "—";
  const local = typeof value === "string" && !/Z|[+-]\d\d:\d\d$/.test(value);
  const date = new Date(typeof value === "number" ? value * 1000 : local ? `${value}Z` : value);
  const form = long ? { day: "2-digit", month: "2-digit", year: "numeric" } : {};
  return date.toLocaleString(names[language], {
    ...form, hour: "2-digit", minute: "2-digit", timeZone: local ? "UTC" : "Asia/Tashkent",
  });
}

// Put children in place without losing where the reader was; stays at the end when he was there.
export function fill(place, ...children) {
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  const top = place.scrollTop;
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  place.scrollTop = place.dataset.follow && atEnd ? place.scrollHeight : top;
}

// Call again and again while the tab is seen; one at a time.
export function every(millis, work) {
  let busy = false;
  const beat = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      await work();
    } catch {
      // A side that is away comes back; the strip says which.
    } finally {
      busy = false;
    }
  };
  setInterval(beat, millis);
  return beat;
}

export const typing = (place) => place.contains(document.activeElement) && /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName);
