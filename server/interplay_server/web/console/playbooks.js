// Lessons for the agent that wait for a reviewer.

import { call } from "./api.js";
import { badge, busy, empty, facts, field, h, select, when, word } from "./dom.js";

const REVIEWER = "interplay.reviewer";
const TEXTS = [
  ["trigger", "When"],
  ["instruction", "Do"],
  ["pitfall", "Avoid"],
  ["rationale", "Why"],
];
const KINDS = { pending: "warn", approved: "good", rejected: "bad" };

function share(value) {
  return value === undefined ? null : `${Math.round(value * 100)} %`;
}

function support(row) {
  const behind = row.support ?? {};
  return facts([
    ["Agent", row.agentId],
    ["Users", behind.distinctUsers],
    ["Sessions", behind.distinctSessions],
    ["Lessons", behind.memberCount],
    ["Share of the vote", share(behind.winnerShare)],
    ["Confidence", share(row.confidence)],
    ["Stands in the way", word(row.blockingIssue?.kind, "BLOCKING_KIND_")],
    ["Reviewed by", row.reviewer],
    ["Comment", row.reviewComment],
  ]);
}

function dissent(row) {
  const others = row.support?.dissent ?? [];
  if (!others.length) return null;
  return h(
    "details",
    {},
    h("summary", {}, `What others said: ${others.length}`),
    h("ul", {}, others.map((one) => h("li", { dir: "auto" }, one.instruction ?? ""))),
  );
}

/** A playbook with its review; `changed(row)` is called with the row as it is afterwards. */
function card(row, leaving, changed) {
  const place = h("div");
  const comment = h("input", { autocomplete: "off", maxlength: "10000" });
  const inputs = TEXTS.map(([name]) => {
    const area = h("textarea", { rows: "2", maxlength: "10000", dir: "auto" });
    area.value = row[name] ?? "";
    return area;
  });
  const editor = h("div.editor", { hidden: true }, TEXTS.map(([, label], at) => field(label, inputs[at])));
  const status = word(row.approvalStatus, "APPROVAL_STATUS_");

  function edits() {
    const made = {};
    TEXTS.forEach(([name], at) => {
      if (inputs[at].value !== (row[name] ?? "")) made[name] = inputs[at].value;
    });
    return made;
  }

  function decide(button, decision) {
    busy(button, place, async () => {
      const request = {
        playbookId: row.playbookId,
        decision: `REVIEW_DECISION_${decision}`,
        reviewer: sessionStorage.getItem(REVIEWER) ?? "",
        comment: comment.value,
        etag: row.etag,
      };
      if (!editor.hidden && decision !== "REJECT") request.edits = edits();
      const answer = await call("PlaybookService/ReviewAgentPlaybook", request, leaving);
      changed(answer.playbook);
    });
  }

  const edit = h("button", { type: "button", "aria-expanded": "false" }, "Edit");
  const save = h("button", { type: "button", hidden: true }, "Save the text");
  const approve = h("button.main", { type: "button" }, "Approve");
  const reject = h("button", { type: "button" }, "Reject");
  const reopen = h("button.quiet", { type: "button" }, "Put back");
  edit.addEventListener("click", () => {
    editor.hidden = !editor.hidden;
    save.hidden = editor.hidden;
    edit.setAttribute("aria-expanded", String(!editor.hidden));
    edit.textContent = editor.hidden ? "Edit" : "Leave it";
    approve.textContent = editor.hidden ? "Approve" : "Approve with this text";
    if (editor.hidden) TEXTS.forEach(([name], at) => (inputs[at].value = row[name] ?? ""));
    else inputs[0].focus();
  });
  save.addEventListener("click", () => decide(save, "EDIT"));
  approve.addEventListener("click", () => decide(approve, "APPROVE"));
  reject.addEventListener("click", () => decide(reject, "REJECT"));
  reopen.addEventListener("click", () => decide(reopen, "REOPEN"));

  return h(
    "article.card",
    { "data-id": row.playbookId, tabindex: "-1", "aria-label": row.instruction ?? "playbook" },
    h(
      "p.card-head",
      {},
      badge(status, KINDS[status]),
      " ",
      row.conflict ? badge("conflict", "bad") : null,
      row.supersedes ? [" ", badge("replaces an approved one", "warn")] : null,
      h("span.soft.at", {}, when(row.updateTime ?? row.createTime)),
    ),
    h(
      "dl.lesson",
      {},
      TEXTS.filter(([name]) => row[name]).map(([name, label]) =>
        h("div", {}, h("dt", {}, label), h("dd", { dir: "auto" }, row[name])),
      ),
    ),
    support(row),
    dissent(row),
    editor,
    h("div.review", {}, field("Comment on the review", comment), h(
      "div.actions",
      {},
      status === "approved" ? null : approve,
      status === "rejected" ? null : reject,
      status === "pending" ? null : reopen,
      edit,
      save,
    )),
    place,
  );
}

export function playbooks(leaving) {
  const status = select([
    ["APPROVAL_STATUS_PENDING", "waiting for a review"],
    ["APPROVAL_STATUS_APPROVED", "approved"],
    ["APPROVAL_STATUS_REJECTED", "rejected"],
    ["", "all"],
  ]);
  const reviewer = h("input", { autocomplete: "off", maxlength: "256", value: sessionStorage.getItem(REVIEWER) ?? "" });
  const button = h("button", { type: "submit" }, "Show");
  const told = h("p.state", { role: "status" });
  const place = h("div.cards");
  const rest = h("div");
  const form = h("form.filters", {}, field("Playbooks that are", status), field("You review as", reviewer), button);

  function changed(row) {
    const old = [...place.children].find((one) => one.dataset.id === row.playbookId);
    const made = card(row, leaving, changed);
    old.replaceWith(made);
    made.focus();
    told.textContent = `${word(row.approvalStatus, "APPROVAL_STATUS_")}: ${row.instruction ?? ""}`;
  }

  async function page(token = "") {
    const request = { approvalStatuses: status.value ? [status.value] : [], pageSize: 50, pageToken: token };
    const answer = await call("PlaybookService/ListAgentPlaybooks", request, leaving);
    place.append(...(answer.playbooks ?? []).map((one) => card(one, leaving, changed)));
    const shown = place.querySelectorAll("article").length;
    told.textContent = `${shown}${answer.nextPageToken ? " and more" : ""} ${shown === 1 ? "playbook" : "playbooks"}`;
    const more = h("button", { type: "button" }, "More");
    more.addEventListener("click", () => busy(more, h("div"), () => page(answer.nextPageToken)));
    rest.replaceChildren(...(answer.nextPageToken ? [more] : []));
    if (!shown) {
      place.replaceChildren(empty("Nothing to review", "Lessons that many users taught appear here for approval."));
    }
  }

  const load = () => {
    rest.replaceChildren();
    busy(button, place, () => page());
  };
  reviewer.addEventListener("change", () => sessionStorage.setItem(REVIEWER, reviewer.value.trim()));
  status.addEventListener("change", load);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  load();
  return [h("div.head", {}, h("h2", {}, "Playbooks"), told), form, place, rest];
}
