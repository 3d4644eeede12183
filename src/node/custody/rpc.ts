/** Calls and protocol messages over one channel, in both directions. */
import {plain} from "../../codecs/bytes.js";
import {blob, type FieldValue, record, word} from "../../codecs/cbor/record.js";
import {type Failure, failure, MESSAGE_MAX_BYTES} from "../../codecs/quorum/strict/calls.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../errors.js";
import type {Channel} from "../network/channel/channel.js";

const KINDS = {ask: 0, answer: 1, failure: 2, round: 3, leave: 4} as const;
const HEAD_BYTES = 5;
const JOB_BYTES = 32;
/** Calls of one party that are worked on at once. */
const CALLS_MAX = 64;

const callCodec = record("qvm/call/1", {
  method: word(
    "status",
    "install",
    "approve",
    "holding",
    "certificate",
    "turn",
    "ticket",
    "suspend",
    "masks",
    "run",
    "commit",
    "queries",
    "query",
    "learn",
    "deploy",
    "program",
    "evaluate",
    "stock",
    "refresh",
    "custodians",
    "entries",
    "countersign",
    "attest",
    "challenge",
    "handover",
    "takeover",
    "retire",
    "audit",
    "checkpoint",
    "seal",
    "inclusion",
    "consistency",
  ),
  body: blob({max: MESSAGE_MAX_BYTES}),
});
export type MethodName = FieldValue<typeof callCodec>["method"];

/** A message of a protocol, or the end of somebody's part in it. */
export interface RoundMessage {
  /** Digest of the job. */
  readonly job: Uint8Array;
  readonly round: number;
  readonly message: Uint8Array;
}

export interface Handlers {
  call(method: MethodName, body: Uint8Array): Promise<Uint8Array>;
  round?(message: RoundMessage): void;
  leave?(job: Uint8Array): void;
  /** A call that failed for no reason that a caller may know. */
  bug(error: unknown): void;
}

export class Rpc {
  #next = 0;
  #working = 0;
  readonly #waiting = new Map<number, {resolve(body: Uint8Array): void; reject(error: unknown): void}>();

  constructor(
    readonly channel: Channel,
    private readonly handlers: Handlers,
  ) {
    channel.receive((message) => this.#take(message));
    void channel.closed.then(() => {
      const error = new UnavailableError("PEER_UNREACHABLE", "the connection ended");
      for (const {reject} of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @throws what the other side refused with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT */
  call(method: MethodName, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    if (!this.channel.open) throw new UnavailableError("PEER_UNREACHABLE", "the connection ended");
    const id = this.#next;
    this.#next = (this.#next + 1) % 2 ** 32;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new UnavailableError("CALL_TIMEOUT", `no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const ended =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(id, {resolve: ended(resolve), reject: ended(reject)});
      this.#send(KINDS.ask, id, callCodec.encode({method, body}));
    });
  }

  sendRound({job, round, message}: RoundMessage): void {
    this.#send(KINDS.round, round, job, message);
  }

  /** This side's part in the job ended without a result. */
  sendLeave(job: Uint8Array): void {
    this.#send(KINDS.leave, 0, job);
  }

  #send(kind: number, id: number, ...body: readonly Uint8Array[]): void {
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = kind;
    new DataView(head.buffer).setUint32(1, id);
    this.channel.send(head, ...body);
  }

  #take(message: Uint8Array): void {
    if (message.length < HEAD_BYTES) return this.channel.close();
    const id = new DataView(message.buffer, message.byteOffset).getUint32(1);
    const body = plain(message.subarray(HEAD_BYTES));
    switch (message[0]) {
      case KINDS.ask:
        void this.#answer(id, body);
        return;
      case KINDS.answer:
        return this.#settle(id, (waiting) => waiting.resolve(body));
      case KINDS.failure:
        return this.#settle(id, (waiting) => waiting.reject(errorOf(body)));
      case KINDS.round:
        return body.length < JOB_BYTES
          ? this.channel.close()
          : this.handlers.round?.({job: body.slice(0, JOB_BYTES), round: id, message: body.subarray(JOB_BYTES)});
      case KINDS.leave:
        return body.length !== JOB_BYTES ? this.channel.close() : this.handlers.leave?.(body);
      default:
        return this.channel.close();
    }
  }

  #settle(id: number, then: (waiting: {resolve(body: Uint8Array): void; reject(error: unknown): void}) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) then(waiting);
  }

  async #answer(id: number, body: Uint8Array): Promise<void> {
    if (this.#working >= CALLS_MAX)
      return this.#send(
        KINDS.failure,
        id,
        failureBytes(new UnavailableError("CALLS_TOO_MANY", "too many calls at once")),
      );
    this.#working++;
    try {
      const {method, body: inner} = callCodec.decode(body);
      this.#send(KINDS.answer, id, await this.handlers.call(method, inner));
    } catch (error) {
      if (!(error instanceof QsdmError)) this.handlers.bug(error);
      this.#send(KINDS.failure, id, failureBytes(error));
    } finally {
      this.#working--;
    }
  }
}

/** What the caller is told. Of a bug nothing but that it is one. */
export function failureBytes(error: unknown): Uint8Array {
  if (!(error instanceof QsdmError))
    return failure.encode({
      kind: "bug",
      code: "INTERNAL",
      message: "the call failed",
      hint: "",
      reason: "",
      culprits: [],
    });
  const {reason, culprits} = error.details as {reason?: unknown; culprits?: unknown};
  return failure.encode({
    kind: error instanceof UnavailableError ? "unavailable" : "rule",
    code: error.code.slice(0, 64),
    message: cut(error.message, 2_048),
    hint: cut(error.hint ?? "", 1_024),
    reason: typeof reason === "string" ? reason.slice(0, 64) : "",
    culprits: Array.isArray(culprits) ? culprits.filter((each): each is number => Number.isInteger(each)) : [],
  });
}

/** At most `bytes` bytes of UTF-8. */
const cut = (text: string, bytes: number): string =>
  Buffer.byteLength(text) <= bytes ? text : text.slice(0, Math.floor(bytes / 4)).toWellFormed();

function errorOf(body: Uint8Array): QsdmError {
  let said: Failure;
  try {
    said = failure.decode(body);
  } catch (cause) {
    return new DecodeError("ANSWER_INVALID", "the other side failed in words that cannot be read", {cause});
  }
  const {kind, code, message, hint, reason, culprits} = said;
  const extras = {...(hint === "" ? {} : {hint}), ...(reason === "" ? {} : {details: {reason, culprits}})};
  return kind === "rule" ? new RuleError(code, message, extras) : new UnavailableError(code, message, extras);
}
