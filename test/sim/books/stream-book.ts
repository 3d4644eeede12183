/** Streams, counted from docs/decisions/0087-streams.md: what is put in, used, paid out, and given back. */
import {createPublicKey, verify} from "node:crypto";
import {STREAM_CONTRACT} from "../../../src/codecs/chain/stream.js";
import {
  type StreamAction,
  type StreamReceipt,
  streamAction,
  streamReceiptContent,
} from "../../../src/codecs/envelopes/actions.js";
import type {Called, Fault, Purse} from "./purse.js";

interface Stream {
  readonly payer: string;
  readonly provider: string;
  readonly opening: StreamAction;
  /** Milliseconds, as all times here: blocks have no finer ones. */
  readonly openedMs: number;
  readonly pausedAtMs: number;
  readonly status: "active" | "paused" | "closed";
  readonly pausedSeconds: bigint;
  readonly usedSeconds: bigint;
  readonly receipts: bigint;
  readonly observedMs: number;
  readonly accruedDust: bigint;
  readonly settledDust: bigint;
  readonly refundedDust: bigint;
}

/** What a state has to say of a stream. */
type Shown = Pick<
  Stream,
  "status" | "pausedSeconds" | "usedSeconds" | "receipts" | "accruedDust" | "settledDust" | "refundedDust"
>;

/** RFC 8410: what stands before the 32 bytes of a key. */
const SPKI_PREFIX = "302a300506032b6570032100";

export class StreamBook {
  readonly #streams = new Map<string, Stream>();
  /** Time of the block that is entered. */
  timeMs = 0;

  constructor(private readonly ports: {readonly purse: Purse; fault: Fault}) {}

  /** An action on a stream; whether it is one. */
  called({sender, contract, payload, height, applied}: Called): boolean {
    if (contract !== STREAM_CONTRACT) return false;
    const action = streamAction.decode(payload);
    const {streamId} = action;
    const before = this.#streams.get(streamId);
    const after = this.#after(before, action, sender);
    if ((after !== null) !== applied) {
      const what = `${action.action} of ${streamId} by ${sender.slice(0, 8)}`;
      this.ports.fault("streams", `height ${height} ${applied ? "takes" : "refuses"} the ${what}`);
    }
    if (after === null || !applied) return true;
    const {purse} = this.ports;
    if (!before) purse.move(sender, -after.opening.budgetDust);
    purse.move(after.provider, after.settledDust - (before?.settledDust ?? 0n));
    purse.move(after.payer, after.refundedDust - (before?.refundedDust ?? 0n));
    this.#streams.set(streamId, after);
    return true;
  }

  lines(): string[] {
    return [...this.#streams].map(([id, stream]) => streamLine(id, stream));
  }

  /** The stream that an action leaves, or null where it may not be. */
  #after(before: Stream | undefined, action: StreamAction, sender: string): Stream | null {
    if (!before) return action.action === "open" ? this.#opened(action, sender) : null;
    const {payer, provider, status, opening, accruedDust, settledDust} = before;
    const isOver = this.timeMs > Date.parse(opening.expiresAt);
    switch (action.action) {
      case "receipt":
        return status === "active" && sender === provider ? this.#metered(before, action.receipt!) : null;
      case "pause":
        if (sender !== payer || status !== "active" || isOver) return null;
        return {...before, status: "paused", pausedAtMs: this.timeMs};
      case "resume": {
        if (sender !== payer || status !== "paused" || isOver) return null;
        const seconds = BigInt(Math.ceil((this.timeMs - before.pausedAtMs) / 1_000));
        return {...before, status: "active", pausedSeconds: before.pausedSeconds + seconds};
      }
      case "settle":
        if (sender !== provider || status === "closed" || accruedDust === settledDust) return null;
        return {...before, settledDust: accruedDust};
      case "close":
        if (sender !== payer || status === "closed") return null;
        return {...before, status: "closed", settledDust: accruedDust, refundedDust: opening.budgetDust - accruedDust};
      default:
        return null;
    }
  }

  #opened(opening: StreamAction, payer: string): Stream | null {
    if (Date.parse(opening.expiresAt) <= this.timeMs || this.ports.purse.of(payer) < opening.budgetDust) return null;
    return {
      ...{payer, provider: opening.provider, opening, openedMs: this.timeMs, pausedAtMs: 0, status: "active"},
      ...{pausedSeconds: 0n, usedSeconds: 0n, receipts: 0n, observedMs: 0},
      ...{accruedDust: 0n, settledDust: 0n, refundedDust: 0n},
    };
  }

  #metered(before: Stream, receipt: StreamReceipt): Stream | null {
    const {opening, openedMs, observedMs: lastMs, pausedSeconds} = before;
    const {sequence, cumulativeActiveSeconds: usedSeconds, observedAt} = receipt;
    const observedMs = Date.parse(observedAt);
    const accruedDust = (usedSeconds * opening.priceDust) / opening.pricePeriodSeconds;
    const wallSeconds = BigInt(Math.floor((observedMs - openedMs) / 1_000)) - pausedSeconds;
    const may =
      sequence === before.receipts + 1n &&
      usedSeconds > before.usedSeconds &&
      usedSeconds <= opening.maxActiveSeconds &&
      usedSeconds <= wallSeconds &&
      observedMs >= openedMs &&
      observedMs > lastMs &&
      observedMs <= this.timeMs &&
      observedMs <= Date.parse(opening.expiresAt) &&
      accruedDust <= opening.budgetDust &&
      isSigned(receipt, opening.sessionPublicKey);
    return may ? {...before, usedSeconds, receipts: sequence, observedMs, accruedDust} : null;
  }
}

function isSigned({signature, ...content}: StreamReceipt, publicHex: string): boolean {
  const key = createPublicKey({key: Buffer.from(SPKI_PREFIX + publicHex, "hex"), format: "der", type: "spki"});
  return verify(null, streamReceiptContent.encode(content), key, Buffer.from(signature, "hex"));
}

export const streamLine = (id: string, stream: Shown): string => {
  const {status, pausedSeconds, usedSeconds, receipts, accruedDust, settledDust, refundedDust} = stream;
  const use = `${usedSeconds} s of use, ${pausedSeconds} s of pauses, ${receipts} receipts`;
  return `stream ${id} ${status}: ${use}; ${accruedDust} due, ${settledDust} paid, ${refundedDust} back`;
};
