/** Streams for tests: actions with everything in them that a test does not care about, and receipts with true signatures. */
import {generateKeyPairSync, type KeyObject, sign} from "node:crypto";
import {hexOf, plain} from "../../src/codecs/bytes.js";
import {type StreamAction, type StreamReceipt, streamReceiptContent} from "../../src/codecs/envelopes/actions.js";
import {EMPTY_ACTION} from "../../src/commands/stream/order.js";

export interface SessionKey {
  readonly privateKey: KeyObject;
  readonly publicHex: string;
}

export function sessionKey(): SessionKey {
  const {publicKey, privateKey} = generateKeyPairSync("ed25519");
  return {privateKey, publicHex: hexOf(plain(publicKey.export({format: "der", type: "spki"}).subarray(-32)))};
}

/** RFC 3339 of milliseconds since 1970. */
export const timeText = (ms: bigint): string => new Date(Number(ms)).toISOString();

export const action = (given: Pick<StreamAction, "sender" | "action"> & Partial<StreamAction>): StreamAction => ({
  ...EMPTY_ACTION,
  id: `${given.action}-1`,
  streamId: "s-1",
  timestamp: "2026-01-01T00:00:00Z",
  ...given,
});

export const signedReceipt = (key: SessionKey, unsigned: Omit<StreamReceipt, "signature">): StreamReceipt => {
  const content = streamReceiptContent.encode(unsigned);
  return {...unsigned, signature: hexOf(plain(sign(null, content, key.privateKey)))};
};
