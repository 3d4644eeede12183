/**
 * Evidence of a freshness cheat: a proof, and the block that shows that its attestation was stale.
 *
 * J-plain object `proof`, `anchor_height` (decimal text), `anchor_block_time` (number), `memo` (left out when empty).
 * Encoding looks at neither anchor value, so one that does not decode can be written.
 * Source: mining protocol, section 20.5. Vectors: freshness-cheat.vectors.json.
 */
import {parseUint} from "../go/number.js";
import {goStruct, member, optional} from "../go/struct.js";
import {goInt64, goRaw, goText, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import type {Proof} from "../mining/proof.js";
import {EVIDENCE_MAX_BYTES, EvidenceWording} from "./evidence.js";

export interface FreshnessCheat {
  readonly proof: Proof;
  readonly anchorHeight: bigint;
  /** Unix seconds of the anchor block, positive. */
  readonly anchorBlockTime: bigint;
  readonly memo: string;
}

const wording = new EvidenceWording("freshnesscheat");
const evidenceWire = goStruct("freshnesscheat.evidenceWire", {
  proof: member("proof", goRaw),
  anchorHeight: member("anchor_height", goText()),
  anchorBlockTime: member("anchor_block_time", goInt64),
  memo: optional("memo", goText()),
});

function write({proof, anchorHeight, anchorBlockTime, memo}: FreshnessCheat): string {
  wording.checkMemo(memo);
  const embedded = wording.embed(wording.canonical("proof", proof));
  const height = goUint64.write(anchorHeight, "plain");
  return wording.sized(evidenceWire.write({proof: embedded, anchorHeight: height, anchorBlockTime, memo}, "plain"));
}

function read(bytes: Uint8Array): FreshnessCheat {
  const {proof, anchorHeight, anchorBlockTime, memo} = wording.read(evidenceWire, bytes);
  wording.checkMemo(memo);
  const raw = wording.present("proof", proof);
  if (anchorHeight === "") wording.refuse("evidence missing required anchor_height field");
  const height = wording.within("anchor_height parse", () => parseUint(anchorHeight));
  if (anchorBlockTime <= 0n) wording.refuse(`anchor_block_time must be positive (got ${anchorBlockTime})`);
  return {proof: wording.proof("proof", raw), anchorHeight: height, anchorBlockTime, memo};
}

/** @throws DecodeError EVIDENCE_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const freshnessCheat = canonicalCodec<FreshnessCheat>({
  what: "freshness-cheat evidence",
  maxBytes: EVIDENCE_MAX_BYTES,
  write,
  read,
});
