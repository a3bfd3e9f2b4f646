import { every, h, language, LANGUAGES, speak, t } from "./common.js";
import { Onec } from "./onec.js";
import { Chatwoot } from "./chatwoot.js";
import { Phone } from "./phone.js";
import { More } from "./more.js";
import { Strip } from "./strip.js";

const panels = { onec: Onec, chatwoot: Chatwoot, telegram: Phone, more: More };
const made = {};
let current = location.hash.slice(1) in panels ? location.hash.slice(1) : "onec";

function show(name) {
  current = name;
  history.replaceState(null, "", `#${name}`);
  for (const id of Object.keys(panels)) document.getElementById(id).classList.toggle("current", id === name);
  for (const button of document.querySelectorAll("#tabs button")) {
    button.setAttribute("aria-selected", String(button.dataset.panel === name));
  }
}

function draw() {
  document.getElementById("tabs").replaceChildren(
    ...Object.keys(panels).map((name) =>
      h("button", { "data-panel": name, role: "tab", onclick: () => show(name) }, t(`panel.${name}`))),
  );
  document.getElementById("languages").replaceChildren(
    ...LANGUAGES.map((each) =>
      h("button", { "aria-pressed": String(each === language), lang: each, onclick: () => choose(each) }, each.toUpperCase())),
  );
  for (const panel of Object.values(made)) panel.draw();
  show(current);
}

async function choose(each) {
  await speak(each);
  draw();
}

await speak(language);
for (const [name, Panel] of Object.entries(panels)) made[name] = new Panel(document.getElementById(name));
made.strip = new Strip(document.getElementById("strip"));
draw();
for (const [name, panel] of Object.entries(made)) {
  if (panel.look) every(panel.pace || 2000, () => panel.look())();
}
document.body.dataset.ready = "yes";
