/**
 * Payload of contract `qsdm/slash/v1`: what a node is accused of, and the evidence.
 *
 * J-plain JSON, members in the order below, evidence as padded base64, an empty memo left out.
 * Source: mining protocol, section 20.1. Vectors: payload.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {utf8} from "../bytes.js";
import {quoteText} from "../go/quote.js";
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goBytes, goText, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import {EVIDENCE_MAX_BYTES, EVIDENCE_MEMO_MAX_BYTES} from "./evidence.js";

export const SLASH_CONTRACT = "qsdm/slash/v1";

/** In the order in which the reference lists them. */
export const EVIDENCE_KINDS = ["forged-attestation", "double-mining", "freshness-cheat"] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export const isEvidenceKind = (text: string): text is EvidenceKind => EVIDENCE_KINDS.some((kind) => kind === text);

/** Longest payload: 1 MiB of evidence in base64 and the rest. */
export const SLASH_PAYLOAD_MAX_BYTES = 1_450_000;

const payloadWire = goStruct("slashing.SlashPayload", {
  nodeId: member("node_id", goText()),
  evidenceKind: member("evidence_kind", goText("slashing.EvidenceKind")),
  evidence: member("evidence_blob", goBytes),
  /** What the slasher asks for, in dust; the ledger caps it. */
  slashAmountDust: member("slash_amount_dust", goUint64),
  memo: optional("memo", goText()),
});
export type SlashPayload = GoValue<typeof payloadWire>;

/** @throws DecodeError SLASH_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const slashPayload = canonicalCodec<SlashPayload>({
  what: "slash payload",
  maxBytes: SLASH_PAYLOAD_MAX_BYTES,
  write: (payload) => payloadWire.write(payload, "plain"),
  read: (bytes) =>
    readStrict(payloadWire, bytes, {
      code: "SLASH_INVALID",
      prefix: "slashing: payload decode failed: ",
      trailing: "slashing: payload decode failed: trailing data after JSON",
    }),
});

const invalid = (why: string): never => {
  throw new DecodeError("SLASH_INVALID", `slashing: payload invalid: ${why}`);
};

/**
 * The stateless rules of a payload from `sender`, in the reference's order.
 * @throws DecodeError SLASH_INVALID, SLASH_KIND_UNKNOWN
 */
export function checkSlashPayload(payload: SlashPayload, sender: string): void {
  if (sender === "") invalid("sender required");
  const idBytes = utf8(payload.nodeId).length;
  if (idBytes === 0) invalid("node_id is empty");
  if (idBytes > 64) invalid(`node_id length ${idBytes} > MaxNodeIDLen 64`);
  if (!isEvidenceKind(payload.evidenceKind))
    throw new DecodeError("SLASH_KIND_UNKNOWN", `slashing: unknown evidence kind: ${quoteText(payload.evidenceKind)}`);
  const size = payload.evidence?.length ?? 0;
  if (size === 0) invalid("evidence_blob is empty");
  if (size > EVIDENCE_MAX_BYTES) invalid(`evidence_blob length ${size} > MaxEvidenceLen ${EVIDENCE_MAX_BYTES}`);
  if (payload.slashAmountDust === 0n) invalid("slash_amount_dust must be > 0");
  const memoBytes = utf8(payload.memo).length;
  if (memoBytes > EVIDENCE_MEMO_MAX_BYTES) invalid(`memo length ${memoBytes} > MaxMemoLen ${EVIDENCE_MEMO_MAX_BYTES}`);
}
