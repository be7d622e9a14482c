// The frame of the console: which view is shown, and who asks.

import { alerts } from "./alerts.js";
import { call, connection, unauthenticated } from "./api.js";
import { feed } from "./feed.js";
import { people } from "./people.js";
import { playbooks } from "./playbooks.js";
import { search } from "./search.js";
import { server } from "./server.js";

const VIEWS = { feed, search, people, playbooks, alerts, server };
const main = document.getElementById("content");
const dialog = document.getElementById("connection");
const why = document.getElementById("connection-why");
const [key, tenant] = ["key", "tenant"].map((id) => document.getElementById(id));
let leaving = new AbortController();

/** `#people/ann` is the view `people` with "ann". */
function asked() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  let detail = rest.join("/");
  try {
    detail = decodeURIComponent(detail);
  } catch {
    // A hash that is no encoding is taken as it is.
  }
  return [Object.hasOwn(VIEWS, name) ? name : "feed", detail];
}

function show({ focus = true } = {}) {
  if (location.hash === "#content") return;
  const [name, detail] = asked();
  leaving.abort();
  leaving = new AbortController();
  for (const link of document.querySelectorAll(".views a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${name[0].toUpperCase()}${name.slice(1)} · Interplay`;
  main.replaceChildren(...VIEWS[name](leaving.signal, detail));
  if (focus) main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function who() {
  const place = document.getElementById("who");
  place.textContent = connection.tenant || "default";
  try {
    const info = await call("AdminService/GetServerInfo");
    place.textContent = info.tenant || "default";
  } catch {
    // The view that is shown says what is wrong.
  }
}

function ask(reason = "") {
  why.textContent = reason;
  why.hidden = !reason;
  // Whoever is typing already must not lose it to one more refusal.
  if (dialog.open) return;
  key.value = connection.key;
  tenant.value = connection.tenant;
  dialog.showModal();
}

function use(values) {
  connection.set(values);
  dialog.close();
  who();
  show();
}

document.getElementById("connect").addEventListener("click", () => ask());
document.getElementById("connection-cancel").addEventListener("click", () => dialog.close());
document.getElementById("connection-forget").addEventListener("click", () => use({ key: "", tenant: connection.tenant }));
document.getElementById("connection-form").addEventListener("submit", (event) => {
  event.preventDefault();
  use({ key: key.value.trim(), tenant: tenant.value.trim() });
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
unauthenticated.addEventListener("refused", (event) => {
  ask(connection.key ? event.detail.message : "This server asks for an API key.");
});
addEventListener("hashchange", () => show());

show({ focus: false });
who();
