// Search across everything published, with every part of each score.

import { call } from "./api.js";
import { badge, busy, empty, field, h, select } from "./dom.js";
import { turn } from "./feed.js";

/** What the six terms of a score say. */
const TERMS = {
  cosine: "Meaning",
  soft_match: "Alike words",
  window_bm25: "Words around",
  session: "Session",
  role: "Speaker",
  question: "Question",
};

/** The parts of a score as bars from a common middle; `widest` is the largest part of the whole answer. */
export function terms(given, widest) {
  const values = Object.fromEntries((given ?? []).map((one) => [one.name, one.value ?? 0]));
  const names = [...new Set([...Object.keys(TERMS), ...Object.keys(values)])];
  return h(
    "dl.terms",
    {},
    names.map((name) => {
      const value = values[name] ?? 0;
      const bar = h(value < 0 ? "span.gauge.less" : "span.gauge", { "aria-hidden": "true" });
      bar.style.setProperty("--share", String(Math.min(1, Math.abs(value) / (widest || 1))));
      return h("div", {}, h("dt", {}, TERMS[name] ?? name), h("dd", {}, bar, h("span.n", {}, value.toFixed(3))));
    }),
  );
}

function hit(one, place, widest) {
  const places = [
    one.vectorRank ? `${one.vectorRank} by meaning` : null,
    one.textRank ? `${one.textRank} by words` : null,
  ].filter(Boolean);
  const words = one.matchedTerms ?? [];
  return turn(
    one.interaction ?? {},
    h(
      "div.score",
      {},
      h("p.total", {}, h("span.place", {}, `${place}.`), " score ", h("strong", {}, (one.score ?? 0).toFixed(3))),
      terms(one.terms, widest),
      h(
        "p.hint",
        {},
        words.length ? ["Words found: ", words.map((word) => [badge(word), " "])] : "No word in common.",
        places.length ? ` Place ${places.join(", ")}.` : "",
      ),
    ),
  );
}

export function search(leaving) {
  const query = h("input", { type: "search", required: true, maxlength: "10000", autocomplete: "off" });
  const user = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "everybody" });
  const side = select([
    ["ROLE_CLASS_UNSPECIFIED", "anybody"],
    ["ROLE_CLASS_USER", "users"],
    ["ROLE_CLASS_AGENT", "agents"],
    ["ROLE_CLASS_SYSTEM", "systems"],
  ]);
  const many = select([["10", "10"], ["25", "25"], ["100", "100"]]);
  const button = h("button.main", { type: "submit" }, "Search");
  const told = h("p.state", { role: "status" });
  const place = h("div.turns");
  const form = h(
    "form.filters",
    { role: "search" },
    h("div.wide", {}, field("Search for", query)),
    field("Person", user),
    field("Said by", side),
    field("Hits", many),
    button,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    told.textContent = "";
    await busy(button, place, async () => {
      const request = {
        query: query.value,
        userId: user.value.trim(),
        roleClass: side.value,
        topK: Number(many.value),
      };
      const answer = await call("InteractionService/SearchInteractions", request, leaving);
      const hits = answer.hits ?? [];
      const widest = Math.max(...hits.flatMap((one) => (one.terms ?? []).map((part) => Math.abs(part.value ?? 0))), 0);
      told.textContent = `${hits.length} ${hits.length === 1 ? "hit" : "hits"}, the best first`;
      if (answer.degraded) told.textContent += `; only in part: ${answer.degradedReason ?? ""}`;
      place.replaceChildren(
        ...(hits.length
          ? hits.map((one, at) => hit(one, at + 1, widest))
          : [empty("Nothing found", "Try other words, or leave the filters open.")]),
      );
    });
  });
  place.append(empty("Ask in your own words", "Ranking weighs six things; each hit shows what each of them gave."));
  return [h("div.head", {}, h("h2", {}, "Search"), told), form, place];
}
