// What is known of a person, and what they said that it stands on.

import { call } from "./api.js";
import { badge, busy, empty, facts, failure, field, h, said, select, when, word } from "./dom.js";

const LIFECYCLES = [
  ["LIFECYCLE_CURRENT", "valid now"],
  ["LIFECYCLE_SUPERSEDED", "superseded"],
  ["LIFECYCLE_EXPIRED", "expired"],
  ["LIFECYCLE_PENDING", "not promoted yet"],
  ["LIFECYCLE_ARCHIVED", "archived"],
];

const FIELDS = {
  content: (one) => one.data?.content,
  shadow_content: (one) => one.data?.shadowContent,
  expert_content: (one) => one.data?.expertContent,
  user_action_description: (one) => one.data?.userActionDescription,
  comment: (one) => (one.annotations ?? []).map((told) => told.comment).find(Boolean),
  corrected_content: (one) => (one.annotations ?? []).map((told) => told.correctedContent).find(Boolean),
};

const AROUND = 400;

/** A text with a span of code points marked, and of a long text what stands around it. */
function marked(text, start = 0, end = 0) {
  const points = Array.from(text);
  const [first, last] = [Math.max(0, start - AROUND), Math.min(points.length, end + AROUND)];
  const part = (from, to) => points.slice(from, to).join("");
  return h(
    "p.said",
    { dir: "auto" },
    first ? "… " : "",
    part(first, start),
    end > start ? h("mark", {}, part(start, end)) : null,
    part(end, last),
    last < points.length ? " …" : "",
  );
}

async function witness(evidence, leaving) {
  const { interaction } = await call(
    "InteractionService/GetInteraction",
    { interactionId: evidence.interactionId },
    leaving,
  );
  const text = FIELDS[evidence.field || "content"]?.(interaction) ?? "";
  const data = interaction.data ?? {};
  return h(
    "li",
    {},
    h("p.turn-head", {}, h("span.role", {}, data.speaker || data.role || "User"), when(evidence.time ?? data.occurTime)),
    marked(text, evidence.start, evidence.end),
  );
}

/** Reads the interactions behind a row when it is opened, once. */
export function evidence(row, leaving) {
  const spans = row.evidence ?? [];
  if (!spans.length) return h("p.hint", {}, "Written by hand: no interaction stands behind it.");
  const place = h("div");
  const details = h(
    "details",
    {},
    h("summary", {}, `Evidence: ${spans.length} ${spans.length === 1 ? "span" : "spans"}`),
    place,
  );
  let asked = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || asked) return;
    asked = true;
    place.replaceChildren(h("p.hint", { role: "status" }, "Reading …"));
    const found = await Promise.allSettled(spans.slice(0, 20).map((one) => witness(one, leaving)));
    const items = found.map((one) => (one.status === "fulfilled" ? one.value : h("li", {}, failure(one.reason))));
    place.replaceChildren(
      h("ul.witnesses", {}, items),
      spans.length > 20 ? h("p.hint", {}, `and ${spans.length - 20} more`) : "",
    );
  });
  return details;
}

function profile(row, leaving) {
  const lifecycle = word(row.lifecycle, "LIFECYCLE_");
  return h(
    "article.card",
    {},
    h(
      "p.card-head",
      {},
      row.category ? badge(row.category) : null,
      " ",
      lifecycle && lifecycle !== "current" ? badge(lifecycle, "warn") : null,
      h("span.soft.at", {}, when(row.confirmTime ?? row.createTime)),
    ),
    said(row.content ?? "", "p.fact"),
    facts([
      ["About", row.subject && row.subject !== "user" ? row.subject : null],
      [row.attribute || "Value", row.value],
      ["Confidence", row.confidence === undefined ? null : `${Math.round(row.confidence * 100)} %`],
      ["Learnt by", word(row.origin?.method, "LEARNING_METHOD_")],
      ["Expires", when(row.expireTime)],
      ["Notes", row.notes],
    ]),
    evidence(row, leaving),
  );
}

async function recent(place, leaving) {
  try {
    const { sessions = [] } = await call("InteractionService/ListSessions", { pageSize: 100 }, leaving);
    const names = [...new Set(sessions.map((one) => one.userId))].slice(0, 12);
    if (!names.length) return;
    place.append(
      h("h3", {}, "Active lately"),
      h(
        "ul.chips",
        {},
        names.map((name) => h("li", {}, h("a.chip", { href: `./#people/${encodeURIComponent(name)}` }, name))),
      ),
    );
  } catch (error) {
    if (!leaving.aborted) place.append(failure(error));
  }
}

export function people(leaving, named) {
  const user = h("input", { required: true, autocomplete: "off", spellcheck: "false", value: named });
  const lifecycle = select(LIFECYCLES);
  const button = h("button.main", { type: "submit" }, "Show");
  const told = h("p.state", { role: "status" });
  const place = h("div.cards");
  const rest = h("div");
  const form = h("form.filters", {}, field("Person", user), field("Facts that are", lifecycle), button);

  async function page(token = "") {
    const request = { userId: user.value.trim(), lifecycles: [lifecycle.value], pageSize: 50, pageToken: token };
    const answer = await call("ProfileService/ListProfiles", request, leaving);
    place.append(...(answer.profiles ?? []).map((one) => profile(one, leaving)));
    const shown = place.querySelectorAll("article").length;
    told.textContent = `${shown}${answer.nextPageToken ? " and more" : ""} ${shown === 1 ? "fact" : "facts"}`;
    const more = h("button", { type: "button" }, "More");
    more.addEventListener("click", () => busy(more, h("div"), () => page(answer.nextPageToken)));
    rest.replaceChildren(...(answer.nextPageToken ? [more] : []));
    if (!shown) place.replaceChildren(empty("Nothing known", "No fact of this kind has been learnt of this person."));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rest.replaceChildren();
    busy(button, place, () => page());
  });
  if (named) busy(button, place, () => page());
  else {
    place.append(empty("Whom do you want to know about?", "Name a person as they were published."));
    recent(rest, leaving);
  }
  return [h("div.head", {}, h("h2", {}, "People"), told), form, place, rest];
}
