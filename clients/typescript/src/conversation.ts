import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import type { ClientDuplexStream } from "@grpc/grpc-js";

import { Patience } from "./backoff.js";
import { InterplayError, mayReconnect } from "./errors.js";
import {
  DialogueSchema,
  DialogueStatus,
  type Dialogue,
  type DialogueConfig,
  type DialogueConfigSchema,
  type DialogueQuerySchema,
  type DialogueTurn,
  type PersonaSchema,
} from "./gen/interplay/v1/dialogue_pb.js";
import {
  ConverseRequestSchema,
  ConverseStartSchema,
  DialogueService,
  DialogueSide,
  GetDialogueRequestSchema,
  type ConverseRequest,
  type ConverseResponse,
  type ConverseStart,
} from "./gen/interplay/v1/dialogue_service_pb.js";
import { answers, type Transport } from "./transport.js";

const CUT_OFF = "the server ended the stream before its last message";

/** A message of a chat, as model interfaces want it. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What a side may return instead of text. */
export interface Reply {
  readonly content: string;
  /** Anything else that JSON can hold, for example the tools that were called; kept with the message. */
  readonly metadata?: JsonObject;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** What a side says: text, pieces of text one by one, or a Reply; nothing from a user ends the dialogue. */
export type Said = string | Reply | AsyncIterable<string> | undefined | null;

/** Plays a side: gets what the other side has said, and what was said before that. */
export type Speaker = (message: string, history: readonly ChatMessage[]) => Said | Promise<Said>;

/** How a dialogue is to go. */
export interface ConverseOptions {
  /** The agent under test; without one the server's model answers. */
  readonly assistant?: Speaker | undefined;
  /** Plays the user, asked first with ""; without one the server plays `persona`, who asks `query`. */
  readonly user?: Speaker | undefined;
  /** Which of the functions stands for a human. */
  readonly human?: "user" | "assistant" | undefined;
  /** Whom a model user plays; drawn without one. */
  readonly persona?: MessageInitShape<typeof PersonaSchema> | undefined;
  /** What a model user asks first; drawn without one. */
  readonly query?: MessageInitShape<typeof DialogueQuerySchema> | undefined;
  readonly config?: MessageInitShape<typeof DialogueConfigSchema> | undefined;
  /** Name of the agent's version, kept with the dialogue. */
  readonly agentVersion?: string | undefined;
  /** Names the dialogue, or with `resume` is gone on with: of the rest only `lastSequence` counts then. */
  readonly dialogueId?: string | undefined;
  readonly resume?: boolean | undefined;
  /** Greatest sequence that was received. */
  readonly lastSequence?: number | undefined;
  /** Seconds without a connection after which it gives up; 60. */
  readonly patience?: number | undefined;
}

/** A turn that is saved, a piece of a text that is being made, or something to know. */
export type TalkEvent =
  | { readonly kind: "turn"; readonly turn: DialogueTurn }
  | { readonly kind: "delta"; readonly role: string; readonly text: string }
  | { readonly kind: "warning"; readonly message: string };

type Side = "user" | "assistant";
type Stream = ClientDuplexStream<ConverseRequest, ConverseResponse>;

interface Answered {
  readonly sequence: number;
  readonly message: string;
  readonly request: ConverseRequest;
}

/** What a side threw, which is not of this call. */
class SideError extends Error {}

/**
 * One dialogue, turn by turn, in which the program may play a side. Made by `Client.converse()`.
 *
 * Iterate over its events, or take the `result()`; the program's own sides are asked meanwhile. It goes on by itself
 * after a lost connection or a restart of the server, and asks nobody twice for what was answered. Leaving it early
 * leaves the dialogue: for 24 hours another `converse` with its `dialogueId` and `resume` goes on with it. What a side
 * throws is thrown here and leaves the dialogue too.
 */
export class Conversation implements AsyncIterable<TalkEvent>, AsyncDisposable {
  readonly #transport: Transport;
  readonly #start: ConverseStart;
  readonly #sides: { readonly [K in Side]: Speaker | undefined };
  readonly #patience: number;
  readonly #answered = new Map<Side, Answered>();
  readonly #events: AsyncGenerator<TalkEvent, void>;
  readonly #leaving = new AbortController();
  /** What a later call is told again, as nobody knows what the server has taken of it. */
  readonly #told: ConverseRequest[] = [];
  #turns: DialogueTurn[] = [];
  #dialogue: Dialogue;
  #config: DialogueConfig | undefined;
  #call: Stream | undefined;
  /** The server is known to know it; before, it may or may not. */
  #known: boolean;
  #tried = false;
  #triedAgain = false;
  /** Something came of the call that is open. */
  #heard = false;
  #completed = false;

  constructor(transport: Transport, options: ConverseOptions) {
    const { assistant, user, human, persona, query, config } = options;
    if (human && !options[human]) {
      throw new TypeError(`human: "${human}" needs the function that asks this human`);
    }
    if (options.resume && !options.dialogueId) {
      throw new TypeError("resume needs the dialogueId");
    }
    const played = (side: Side) =>
      !options[side] ? DialogueSide.MODEL : human === side ? DialogueSide.HUMAN : DialogueSide.CLIENT;
    this.#transport = transport;
    this.#sides = { assistant, user };
    this.#patience = options.patience ?? 60;
    this.#known = options.resume ?? false;
    this.#start = create(ConverseStartSchema, {
      dialogueId: options.dialogueId || `dialogue_${crypto.randomUUID().replaceAll("-", "")}`,
      resume: this.#known,
      lastSequence: options.lastSequence ?? 0,
      user: played("user"),
      assistant: played("assistant"),
      agentVersion: options.agentVersion ?? "",
      ...(persona ? { persona } : {}),
      ...(query ? { query } : {}),
      ...(config ? { config } : {}),
    });
    this.#dialogue = create(DialogueSchema, { dialogueId: this.#start.dialogueId });
    this.#events = this.#run();
  }

  get dialogueId(): string {
    return this.#start.dialogueId;
  }

  /** As it was last heard of, with the turns that are saved; with its stop reason at the end. */
  get dialogue(): Dialogue {
    return this.#dialogue;
  }

  /** With every default filled in; nothing before the server's first answer. */
  get config(): DialogueConfig | undefined {
    return this.#config;
  }

  /** Greatest sequence that was received: two for each turn. */
  get lastSequence(): number {
    return this.#start.lastSequence;
  }

  [Symbol.asyncIterator](): AsyncGenerator<TalkEvent, void> {
    return this.#events;
  }

  /** Goes on to the end; resolves with the whole dialogue. */
  async result(): Promise<Dialogue> {
    for await (const _ of this.#events);
    return this.#dialogue;
  }

  /** Tells model sides what to do from their next turn on; "" forgets an instruction. */
  steer(change: { userInstruction?: string; systemPrompt?: string; maxTurns?: number }): void {
    this.#tell({ case: "steer", value: change });
  }

  /** Ends the dialogue between turns; iterate on for its end. */
  cancel(): void {
    this.#tell({ case: "cancel", value: {} });
  }

  /** Leaves it, wherever it is. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#events.return();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** At once, or where nobody listens once somebody does. */
  #tell(message: NonNullable<MessageInitShape<typeof ConverseRequestSchema>["message"]>): void {
    const request = create(ConverseRequestSchema, { message });
    this.#told.push(request);
    if (this.#call) {
      write(this.#call, request);
    }
  }

  async *#run(): AsyncGenerator<TalkEvent, void> {
    const patience = new Patience(this.#patience);
    while (!this.#completed) {
      // Whether a first call that broke has begun the dialogue is not known: going on with it tells.
      const resuming = this.#known || this.#tried;
      this.#tried = true;
      this.#heard = false;
      try {
        for await (const event of this.#called(resuming)) {
          this.#heard = true;
          yield event;
        }
        continue;
      } catch (fault) {
        if (fault instanceof SideError) {
          throw fault.cause;
        }
        if (!(fault instanceof InterplayError)) {
          throw fault;
        }
        if (this.#heard) {
          patience.heard();
        }
        if (this.#leaving.signal.aborted || this.#transport.closed) {
          throw fault;
        }
        for (const turn of await this.#mended(fault, patience, resuming)) {
          yield { kind: "turn", turn };
        }
      }
    }
  }

  /** Before another call; or the turns that were not heard of, where it has ended. Rejects with what broke. */
  async #mended(broken: InterplayError, patience: Patience, resuming: boolean): Promise<DialogueTurn[]> {
    if (broken.code === "NOT_FOUND" && resuming && !this.#known) {
      this.#tried = false;
      return [];
    }
    // It ended while nobody listened, or by what was told, which an answer may have crossed on its way.
    const crossed = broken.code === "INVALID_ARGUMENT" && this.#told.length > 0;
    let again = mayReconnect(broken);
    if (this.#known && (crossed || (this.#triedAgain && broken.code === "FAILED_PRECONDITION"))) {
      const found = await this.#ended();
      if (found) {
        return found;
      }
      again ||= crossed;
    }
    if (!again) {
      throw broken;
    }
    await patience.wait(broken, broken.retryAfter, this.#leaving.signal);
    this.#triedAgain = true;
    return [];
  }

  get #cancelling(): boolean {
    return this.#told.some(({ message }) => message.case === "cancel");
  }

  /** The turns that were not heard of, where it has ended. */
  async #ended(): Promise<DialogueTurn[] | undefined> {
    const request = create(GetDialogueRequestSchema, { dialogueId: this.dialogueId });
    const { dialogue } = await this.#transport.unary(DialogueService.method.getDialogue, request);
    if (!dialogue || [DialogueStatus.UNSPECIFIED, DialogueStatus.RUNNING].includes(dialogue.status)) {
      return undefined;
    }
    this.#dialogue = dialogue;
    this.#completed = true;
    return dialogue.turns.filter((turn) => this.#take(turn, 2 * turn.number));
  }

  /** One call, to the end of the dialogue. Throws InterplayError. */
  async *#called(resuming: boolean): AsyncGenerator<TalkEvent, void> {
    const { dialogueId, lastSequence } = this;
    const { signal } = this.#leaving;
    const call = this.#transport.duplex(DialogueService.method.converse, { signal });
    const stream = call as unknown as Stream;
    const start = resuming ? { dialogueId, resume: true, lastSequence } : this.#start;
    write(stream, create(ConverseRequestSchema, { message: { case: "start", value: start } }));
    try {
      for await (const { message } of answers(call, undefined, signal)) {
        switch (message.case) {
          case "started":
            this.#begin(stream, message.value.dialogue, message.value.config);
            break;
          case "turn":
            if (message.value.turn && this.#take(message.value.turn, message.value.sequence)) {
              yield { kind: "turn", turn: message.value.turn };
            }
            break;
          case "delta":
            yield { kind: "delta", role: message.value.role, text: message.value.text };
            break;
          case "warning":
            yield { kind: "warning", message: message.value.message };
            break;
          case "needUserTurn":
            yield* this.#answer(stream, "user", message.value.sequence, message.value.assistantMessage, "");
            break;
          case "needAssistantTurn": {
            const { sequence, userMessage, systemPrompt } = message.value;
            yield* this.#answer(stream, "assistant", sequence, userMessage, systemPrompt);
            break;
          }
          case "completed":
            this.#dialogue = message.value.dialogue ?? this.#dialogue;
            this.#completed = true;
            return;
          default:
        }
      }
    } finally {
      this.#call = undefined;
    }
    throw new InterplayError(CUT_OFF, { code: "UNAVAILABLE" });
  }

  #begin(call: Stream, dialogue: Dialogue | undefined, config: DialogueConfig | undefined): void {
    this.#known = true;
    this.#dialogue = dialogue ?? this.#dialogue;
    this.#config = config;
    this.#turns = this.#dialogue.turns.filter((turn) => 2 * turn.number <= this.lastSequence);
    this.#call = call;
    for (const request of this.#told) {
      write(call, request);
    }
  }

  /** Whether it is new. */
  #take(turn: DialogueTurn, sequence: number): boolean {
    if (sequence <= this.#start.lastSequence) {
      return false;
    }
    this.#start.lastSequence = sequence;
    this.#turns.push(turn);
    if (turn.number > this.#dialogue.turns.length) {
      this.#dialogue.turns.push(turn);
      this.#dialogue.numTurns = this.#dialogue.turns.length;
    }
    return true;
  }

  /** Asks the side that is to speak, unless it was asked the same before, and sends what it says. */
  async *#answer(
    call: Stream,
    side: Side,
    sequence: number,
    message: string,
    system: string,
  ): AsyncGenerator<TalkEvent, void> {
    if (this.#cancelling) {
      return;
    }
    const speaker = this.#sides[side];
    if (!speaker) {
      throw new TypeError(`the ${side} of this dialogue is the program's: give the function that plays it`);
    }
    let answered = this.#answered.get(side);
    if (answered?.sequence !== sequence || answered.message !== message) {
      this.#heard = true;
      const began = performance.now();
      const reply = yield* spoken(side, speaker, message, this.#history(system, side === "user" ? message : ""));
      answered = { sequence, message, request: requestOf(side, sequence, reply, performance.now() - began) };
      this.#answered.set(side, answered);
    }
    if (!this.#cancelling) {
      write(call, answered.request);
    }
  }

  /** What was said before `latest`, the message that is handed over besides. */
  #history(system: string, latest: string): ChatMessage[] {
    const said: ChatMessage[] = system ? [{ role: "system", content: system }] : [];
    for (const { user, assistant } of this.#turns) {
      said.push({ role: "user", content: user?.content ?? "" });
      said.push({ role: "assistant", content: assistant?.content ?? "" });
    }
    return latest ? said.slice(0, -1) : said;
  }
}

function write(call: Stream, request: ConverseRequest): void {
  // A call that has ended cannot be written to; reading from it tells its status.
  if (call.writable) {
    call.write(request);
  }
}

/** Calls a side: yields pieces where it makes them one by one. Returns what it said. Throws SideError, TypeError. */
async function* spoken(
  side: Side,
  speaker: Speaker,
  message: string,
  history: readonly ChatMessage[],
): AsyncGenerator<TalkEvent, Reply | undefined> {
  try {
    const said = await speaker(message, history);
    if (said === undefined || said === null) {
      return undefined;
    }
    if (typeof said === "string") {
      return { content: said };
    }
    if ("content" in said && typeof said.content === "string") {
      return said;
    }
    if (!(Symbol.asyncIterator in said)) {
      throw new TypeError("a side must say text, pieces of text, or a Reply");
    }
    let content = "";
    for await (const text of said) {
      if (typeof text !== "string") {
        throw new TypeError(`a side must say text, not ${typeof text}`);
      }
      if (text) {
        content += text;
        yield { kind: "delta", role: side, text };
      }
    }
    return { content };
  } catch (cause) {
    throw new SideError("a side failed", { cause });
  }
}

function requestOf(side: Side, sequence: number, reply: Reply | undefined, latencyMs: number): ConverseRequest {
  const content = reply?.content.trim() ? reply.content : "";
  if (side === "user") {
    const value = content ? { sequence, content } : { sequence, done: true };
    return create(ConverseRequestSchema, { message: { case: "userTurn", value } });
  }
  if (!content) {
    throw new TypeError("the agent answered nothing");
  }
  const usage = {
    inputTokens: BigInt(reply?.inputTokens ?? 0),
    outputTokens: BigInt(reply?.outputTokens ?? 0),
    latencyMs,
  };
  const metadata = reply?.metadata ? { metadata: reply.metadata } : {};
  return create(ConverseRequestSchema, {
    message: { case: "assistantTurn", value: { sequence, content, usage, ...metadata } },
  });
}
