// What is out of the ordinary in how the product is used.

import { call, follow } from "./api.js";
import { badge, busy, empty, facts, failure, field, h, select, when, word } from "./dom.js";

const BY = "interplay.acknowledged-by";
const KINDS = { low: "", medium: "warn", high: "bad", critical: "bad" };
const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });

function contributions(alert) {
  const parts = alert.contributions ?? [];
  if (!parts.length) return null;
  const percent = (value) => `${numbers.format((value ?? 0) * 100)} %`;
  return h(
    "details",
    {},
    h("summary", {}, "What changed most"),
    h(
      "ul",
      {},
      parts.map((one) =>
        h("li", {}, `${one.dimension}: `, h("code", {}, one.value ?? ""), ` ${percent(one.shareBefore)} → ${percent(one.shareNow)}`),
      ),
    ),
  );
}

function card(alert, leaving, changed) {
  const severity = word(alert.severity, "ALERT_SEVERITY_");
  const place = h("div");
  const by = h("input", { autocomplete: "off", maxlength: "256", value: sessionStorage.getItem(BY) ?? "" });
  const note = h("input", { autocomplete: "off", maxlength: "2000" });
  const button = h("button.main", { type: "submit" }, "Acknowledge");
  const form = h("form.review", {}, field("Your role", by), field("Note", note), h("div.actions", {}, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(BY, by.value.trim());
    busy(button, place, async () => {
      const request = { alertId: alert.alertId, acknowledgedBy: by.value.trim(), note: note.value };
      changed((await call("MonitorService/AcknowledgeAlert", request, leaving)).alert, true);
    });
  });
  return h(
    "article.card",
    { "data-id": alert.alertId, tabindex: "-1", "aria-label": alert.description ?? alert.metric ?? "alert" },
    h(
      "p.card-head",
      {},
      badge(severity, KINDS[severity]),
      " ",
      badge(word(alert.metric, "")),
      " ",
      alert.closeTime ? badge("over") : badge("goes on", "warn"),
      h("span.soft.at", {}, when(alert.openTime)),
    ),
    h("p.fact", { dir: "auto" }, alert.description ?? ""),
    facts([
      ["Command", alert.command && h("code", {}, alert.command)],
      ["Version", alert.agentVersion],
      ["Seen", alert.observed === undefined ? null : numbers.format(alert.observed)],
      ["Expected", alert.expected === undefined ? null : numbers.format(alert.expected)],
      ["Events", alert.eventCount],
      ["People", alert.userCount],
      ["Ended", when(alert.closeTime)],
      ["Acknowledged", when(alert.acknowledgeTime)],
      ["By", alert.acknowledgedBy],
      ["Note", alert.note],
    ]),
    contributions(alert),
    alert.acknowledgeTime ? null : form,
    place,
  );
}

export function alerts(leaving) {
  const shown = select([["", "all"], ["open", "that go on"]]);
  const severity = select([
    ["ALERT_SEVERITY_UNSPECIFIED", "any"],
    ["ALERT_SEVERITY_MEDIUM", "medium and up"],
    ["ALERT_SEVERITY_HIGH", "high and up"],
  ]);
  const told = h("p.state", { role: "status" });
  const trouble = h("div");
  const place = h("div.cards");
  const rest = h("div");
  const form = h("form.filters", {}, field("Show alerts", shown), field("Severity", severity));

  const find = (id) => [...place.querySelectorAll("article")].find((one) => one.dataset.id === id);

  function changed(alert, own = false) {
    const old = find(alert.alertId);
    // Whoever writes a note must not lose it to news of the same alert.
    if (old?.contains(document.activeElement) && !own) return;
    const made = card(alert, leaving, changed);
    place.querySelector(".empty")?.remove();
    if (old) old.replaceWith(made);
    else place.prepend(made);
    if (own) made.focus();
    count();
  }

  function count(more = false) {
    const number = place.querySelectorAll("article").length;
    told.textContent = `${number}${more ? " and more" : ""} ${number === 1 ? "alert" : "alerts"}`;
  }

  async function page(token = "") {
    const request = { openOnly: shown.value === "open", minSeverity: severity.value, pageSize: 50, pageToken: token };
    const answer = await call("MonitorService/ListAlerts", request, leaving);
    for (const one of answer.alerts ?? []) if (!find(one.alertId)) place.append(card(one, leaving, changed));
    count(Boolean(answer.nextPageToken));
    const more = h("button", { type: "button" }, "More");
    more.addEventListener("click", () => busy(more, trouble, () => page(answer.nextPageToken)));
    rest.replaceChildren(...(answer.nextPageToken ? [more] : []));
    if (!place.querySelector("article")) place.replaceChildren(empty("All is quiet", "Nothing is out of the ordinary."));
  }

  let watch = new AbortController();
  async function load() {
    watch.abort();
    watch = new AbortController();
    const { signal } = watch;
    place.replaceChildren();
    trouble.replaceChildren();
    try {
      await page();
    } catch (error) {
      if (!leaving.aborted) trouble.replaceChildren(failure(error));
      return;
    }
    follow("MonitorService/WatchAlerts", { minSeverity: severity.value }, signal, {
      state: () => {},
      message: (message) => {
        if (message.alert && !(shown.value === "open" && message.alert.closeTime)) changed(message.alert);
      },
    });
  }

  leaving.addEventListener("abort", () => watch.abort(), { once: true });
  for (const one of [shown, severity]) one.addEventListener("change", load);
  form.addEventListener("submit", (event) => event.preventDefault());
  load();
  return [h("div.head", {}, h("h2", {}, "Alerts"), told), form, trouble, place, rest];
}
