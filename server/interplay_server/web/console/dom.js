// Elements from data. Text is only ever inserted as text.

/**
 * An element: `h("p.hint", {id: "x"}, "text", child)`. Properties that start with `on` are listeners; `null`, `undefined` and
 * `false` leave an attribute or a child out.
 */
export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

let numbers = 0;

/** A label with its input, select or textarea, in a block. */
export function field(label, input, hint) {
  input.id ||= `field-${(numbers += 1)}`;
  const said = hint && h("p.hint", { id: `${input.id}-hint` }, hint);
  if (said) input.setAttribute("aria-describedby", said.id);
  return h("div.field", {}, h("label", { for: input.id }, label), input, said);
}

export function select(choices, chosen) {
  return h(
    "select",
    {},
    choices.map(([value, words]) => h("option", { value, selected: value === chosen }, words)),
  );
}

/** What stands where there is nothing. */
export function empty(title, words) {
  return h("div.empty", {}, h("p.empty-title", {}, title), words && h("p", {}, words));
}

/** An error with its reason and violations, read out at once. */
export function failure(error) {
  return h(
    "div.failure",
    { role: "alert" },
    h("p", {}, error.message || "the call failed"),
    error.violations?.length
      ? h(
          "ul",
          {},
          error.violations.map((one) => h("li", {}, one.field ? h("code", {}, one.field) : null, " ", one.description)),
        )
      : null,
    error.code ? h("p.hint", {}, [error.reason, error.code].filter(Boolean).join(" · ")) : null,
  );
}

const LONG = 1500;

/** What somebody said; a long text is cut until it is asked for. */
export function said(text, tag = "p.said") {
  const points = Array.from(text);
  if (points.length <= LONG) return h(tag, { dir: "auto" }, text);
  const shown = h(tag, { dir: "auto" }, `${points.slice(0, LONG).join("")} …`);
  const all = h("button.all", { type: "button" }, `Show all ${points.length.toLocaleString()} characters`);
  all.addEventListener("click", () => {
    shown.textContent = text;
    all.remove();
  });
  return h("div", {}, shown, all);
}

const instants = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A time in the reader's own zone. */
export function when(stamp) {
  if (!stamp) return null;
  const instant = new Date(stamp);
  return h("time", { datetime: stamp }, Number.isNaN(instant.getTime()) ? stamp : instants.format(instant));
}

/** The end of an enum value's name in small letters. */
export function word(value, prefix) {
  return String(value ?? "")
    .replace(prefix, "")
    .toLowerCase()
    .replaceAll("_", " ");
}

export function badge(words, kind = "") {
  return h(kind ? `span.badge.${kind}` : "span.badge", {}, words);
}

/** Facts as pairs; those without a value are left out. */
export function facts(pairs) {
  return h(
    "dl.facts",
    {},
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** Runs `work` while the button says so and cannot be pressed again; an error is shown in `place`. */
export async function busy(button, place, work) {
  button.disabled = true;
  place.replaceChildren();
  try {
    return await work();
  } catch (error) {
    place.replaceChildren(failure(error));
    return undefined;
  } finally {
    button.disabled = false;
  }
}
