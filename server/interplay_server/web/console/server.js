// What the server is and what it allows.

import { call } from "./api.js";
import { facts, failure, h, when } from "./dom.js";

const numbers = new Intl.NumberFormat();

function size(bytes) {
  return bytes === undefined ? null : `${numbers.format(Number(bytes) / 2 ** 20)} MiB`;
}

export function server(leaving) {
  const place = h("div.cards", {}, h("p.hint", { role: "status" }, "Reading …"));
  call("AdminService/GetServerInfo", {}, leaving).then(
    (info) => {
      const limits = info.limits ?? {};
      place.replaceChildren(
        h(
          "section.card",
          { "aria-label": "Identity" },
          h("h3", {}, "This server"),
          facts([
            ["Version", info.version],
            ["Tenant", info.tenant],
            ["Asks for keys", info.authenticationRequired ? "yes" : "no"],
            ["Model steps by", (info.providers ?? []).join(", ")],
            ["Embedder", info.embedder && `${info.embedder.name}, ${info.embedder.dimension} dimensions`],
            ["Started", when(info.startTime)],
            ["Its clock", when(info.serverTime)],
          ]),
        ),
        h(
          "section.card",
          { "aria-label": "Limits" },
          h("h3", {}, "Limits"),
          facts([
            ["Message", size(limits.maxMessageBytes)],
            ["Image", size(limits.maxImageBytes)],
            ["Text", limits.maxTextCharacters && `${numbers.format(limits.maxTextCharacters)} characters`],
            ["Interactions in a batch", limits.stream?.maxBatchInteractions],
            ["Time of a call", limits.defaultDeadline],
            ["Calls a second", limits.maxCallsPerSecond || "no limit"],
          ]),
        ),
        h(
          "section.card",
          { "aria-label": "Offered services" },
          h("h3", {}, "Services"),
          h("ul.chips", {}, (info.services ?? []).map((one) => h("li.chip", {}, one.replace("interplay.v1.", "")))),
        ),
      );
    },
    (error) => {
      if (!leaving.aborted) place.replaceChildren(failure(error));
    },
  );
  return [h("div.head", {}, h("h2", {}, "Server")), place];
}
