// Everything that is published, as it comes.

import { call, follow } from "./api.js";
import { badge, empty, failure, field, h, said, when, word } from "./dom.js";

const SHOWN = 200;

/** One interaction as an entry of a list; `extra` stands below its text. */
export function turn(one, ...extra) {
  const data = one.data ?? {};
  const role = data.speaker || data.role || "User";
  const side = word(one.roleClass, "ROLE_CLASS_") || "user";
  return h(
    "article",
    { class: `turn ${["user", "agent", "system"].includes(side) ? side : "user"}`, "data-id": one.interactionId },
    h(
      "p.turn-head",
      {},
      h("span.role", {}, role),
      h("a.person", { href: `./#people/${encodeURIComponent(one.userId ?? "")}` }, one.userId ?? ""),
      h("span.soft", {}, one.sessionId ?? ""),
      h("span.soft.at", {}, when(data.occurTime ?? one.publishTime)),
    ),
    data.content ? said(data.content) : null,
    data.userAction && data.userAction !== "USER_ACTION_NONE"
      ? h("p.act", {}, badge(word(data.userAction, "USER_ACTION_")), " ", data.userActionDescription ?? "")
      : null,
    (data.toolsUsed ?? []).map((tool) =>
      h("p.act", {}, badge("tool"), " ", h("code", {}, tool.toolName), tool.status ? ` · ${tool.status}` : ""),
    ),
    one.imageInfo ? h("p.act", {}, badge("image"), ` ${one.imageInfo.mediaType ?? ""}`) : null,
    ...extra,
  );
}

const STATES = {
  connecting: "Connecting …",
  live: "Live",
  waiting: "Connection lost; trying again from where it broke off …",
  ended: "Stopped",
  paused: "Paused",
};

export function feed(leaving) {
  const state = h("p.state", { role: "status", "data-state": "connecting" }, STATES.connecting);
  const trouble = h("div");
  const list = h("div.turns", { role: "feed", "aria-label": "Published interactions, the newest first", "aria-busy": "true" });
  const pause = h("button.quiet", { type: "button", "aria-pressed": "false" }, "Pause");
  const user = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "everybody" });
  const form = h("form.filters", {}, field("Only this person", user), h("button", { type: "submit" }, "Apply"), pause);
  const seen = new Map();
  let waiting = [];
  let paused = false;
  let watch = new AbortController();
  /** What was deleted while older turns were being listed. */
  const gone = new Set();
  let listing = false;

  function say(name, error) {
    const shown = paused && name === "live" ? "paused" : name;
    if (state.dataset.state !== shown) {
      state.dataset.state = shown;
      state.textContent = STATES[shown];
    }
    trouble.replaceChildren(...(error && name === "ended" ? [failure(error)] : []));
  }

  function settle() {
    list.setAttribute("aria-busy", "false");
    list.querySelector(".empty")?.remove();
    if (!seen.size) list.append(empty("Nothing yet", "What is published from now on appears here at once."));
  }

  function add(one, { last = false } = {}) {
    if (seen.has(one.interactionId) || gone.has(one.interactionId)) return;
    const entry = turn(one);
    entry.tabIndex = 0;
    seen.set(one.interactionId, entry);
    if (last) list.append(entry);
    else list.prepend(entry);
    while (list.querySelectorAll("article").length > SHOWN) {
      const oldest = list.lastElementChild;
      seen.delete(oldest.dataset.id);
      oldest.remove();
    }
  }

  function happened(message) {
    for (const one of message.published?.interactions ?? []) add(one);
    for (const id of message.deleted?.interactionIds ?? []) {
      seen.get(id)?.remove();
      seen.delete(id);
      if (listing) gone.add(id);
    }
    const annotated = message.annotated;
    if (annotated && seen.has(annotated.interactionId)) {
      const told = annotated.annotation ?? {};
      const words = [told.thumb && word(told.thumb, "THUMB_"), told.rating && `${told.rating} of 5`, told.comment];
      seen.get(annotated.interactionId).append(h("p.act", {}, badge("judged"), " ", words.filter(Boolean).join(" · ")));
    }
    settle();
  }

  async function begin() {
    watch.abort();
    watch = new AbortController();
    const { signal } = watch;
    seen.clear();
    gone.clear();
    listing = true;
    waiting = [];
    list.replaceChildren();
    list.setAttribute("aria-busy", "true");
    say("connecting");
    let first = true;
    follow("InteractionService/WatchInteractions", { userId: user.value.trim() }, signal, {
      state: say,
      message(message) {
        if (first) {
          // The watch stands: what was published before it is listed, what comes now is told.
          first = false;
          before(signal);
        }
        if (!paused) happened(message);
        else if (message.published || message.deleted || message.annotated) {
          waiting.push(message);
          // The oldest would not be shown any more; what it deletes is deleted now.
          if (waiting.length > SHOWN) happened({ deleted: waiting.shift().deleted });
        }
      },
    });
  }

  async function before(signal) {
    try {
      const request = { userId: user.value.trim(), newestFirst: true, pageSize: 50 };
      const found = await call("InteractionService/ListInteractions", request, signal);
      for (const one of found.interactions ?? []) add(one, { last: true });
      settle();
    } catch (error) {
      if (!signal.aborted) trouble.replaceChildren(failure(error));
    }
    if (!signal.aborted) listing = false;
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) for (const message of waiting.splice(0)) happened(message);
    if (["live", "paused"].includes(state.dataset.state)) say("live");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  leaving.addEventListener("abort", () => watch.abort(), { once: true });
  begin();
  return [h("div.head", {}, h("h2", {}, "Feed"), state), form, trouble, list];
}
