// Calls in the Connect protocol, as JSON, with fetch alone.

const KEY = "interplay.key";
const TENANT = "interplay.tenant";
const END = 2;

/** An error of the server: `code`, `reason`, `message`, `violations`. */
export class ApiError extends Error {
  constructor(error) {
    super(error.message || error.code || "the call failed");
    this.code = error.code ?? "unknown";
    const details = error.details ?? [];
    const found = (type) => details.find((one) => one.type === type)?.debug;
    this.reason = found("google.rpc.ErrorInfo")?.reason ?? "";
    this.violations = found("google.rpc.BadRequest")?.fieldViolations ?? [];
  }
}

export const connection = {
  get key() {
    return sessionStorage.getItem(KEY) ?? "";
  },
  get tenant() {
    return sessionStorage.getItem(TENANT) ?? "";
  },
  set({ key, tenant }) {
    for (const [name, value] of [
      [KEY, key],
      [TENANT, tenant],
    ]) {
      if (value) sessionStorage.setItem(name, value);
      else sessionStorage.removeItem(name);
    }
  },
};

/** Is told of every answer that asks for a key. */
export const unauthenticated = new EventTarget();

function headers(type) {
  const made = { "content-type": type, "connect-protocol-version": "1" };
  if (connection.key) made.authorization = `Bearer ${connection.key}`;
  if (connection.tenant) made["interplay-tenant"] = connection.tenant;
  return made;
}

async function post(method, type, body, signal) {
  const [service, name] = method.split("/");
  try {
    return await fetch(`interplay.v1.${service}/${name}`, { method: "POST", headers: headers(type), body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ code: "unavailable", message: "the server cannot be reached" });
  }
}

function refused(error) {
  const made = new ApiError(error);
  if (made.code === "unauthenticated") {
    unauthenticated.dispatchEvent(new CustomEvent("refused", { detail: made }));
  }
  return made;
}

/** The answer of a unary call: `call("ProfileService/ListProfiles", {userId})`. Throws ApiError. */
export async function call(method, request = {}, signal = undefined) {
  const answer = await post(method, "application/json", JSON.stringify(request), signal);
  if (answer.ok) return answer.json();
  let error = { code: "unavailable", message: `the server answered with HTTP ${answer.status}` };
  try {
    const told = await answer.json();
    if (told.code) error = told;
  } catch {
    // What is no JSON comes from something between here and the server.
  }
  throw refused(error);
}

function enveloped(request) {
  const payload = new TextEncoder().encode(JSON.stringify(request));
  const made = new Uint8Array(payload.length + 5);
  new DataView(made.buffer).setUint32(1, payload.length);
  made.set(payload, 5);
  return made;
}

/** The messages of a stream from the server, one by one. Throws ApiError at an end that is none. */
export async function* stream(method, request, signal) {
  const answer = await post(method, "application/connect+json", enveloped(request), signal);
  if (!answer.ok) throw refused({ code: "unavailable", message: `the server answered with HTTP ${answer.status}` });
  const reader = answer.body.getReader();
  const text = new TextDecoder();
  let held = new Uint8Array(0);
  try {
    for (;;) {
      while (held.length >= 5) {
        const size = new DataView(held.buffer, held.byteOffset).getUint32(1);
        if (held.length < 5 + size) break;
        const flags = held[0];
        const message = JSON.parse(text.decode(held.subarray(5, 5 + size)));
        held = held.slice(5 + size);
        if (flags & END) {
          if (message.error) throw refused(message.error);
          return;
        }
        yield message;
      }
      const { done, value } = await reader.read();
      if (done) throw new ApiError({ code: "unavailable", message: "the stream broke off" });
      const joined = new Uint8Array(held.length + value.length);
      joined.set(held);
      joined.set(value, held.length);
      held = joined;
    }
  } catch (error) {
    if (error instanceof ApiError || error.name === "AbortError") throw error;
    throw new ApiError({ code: "unavailable", message: "the stream broke off" });
  } finally {
    reader.cancel().catch(() => {});
  }
}

const FOR_GOOD = new Set(["unauthenticated", "permission_denied", "invalid_argument", "unimplemented", "not_found"]);
const FIRST_MS = 300;
const LAST_MS = 10_000;

/**
 * Follows a watch until `signal`, and goes on from the last token after every loss. `on.message(message)`, and
 * `on.state(state, error)` with "live", "waiting" or "ended".
 */
export async function follow(method, request, signal, on) {
  let token = "";
  let wait = FIRST_MS;
  while (!signal.aborted) {
    let lost;
    try {
      const asked = token ? { ...request, resumeToken: token } : request;
      for await (const message of stream(method, asked, signal)) {
        if (message.resumeToken) token = message.resumeToken;
        wait = FIRST_MS;
        on.state("live");
        on.message(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      lost = error;
    }
    if (lost && FOR_GOOD.has(lost.code)) {
      on.state("ended", lost);
      return;
    }
    // From before a restore: only what comes now can be followed.
    if (lost?.code === "failed_precondition") token = "";
    on.state("waiting", lost);
    await new Promise((done) => {
      const timer = setTimeout(done, wait * (0.5 + Math.random() / 2));
      signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
    });
    wait = Math.min(LAST_MS, wait * 2);
  }
}
