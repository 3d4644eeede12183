/**
 * The file in which QSDM keeps its enrollment registry: indented J-html JSON of `records` and `seen_evidence_hex`.
 *
 * Only migration and inspection read it; our registry is chain state. QSDM writes records and hashes in random order;
 * this writes them sorted. Loading ignores members that it does not know, as there.
 * Source: mining protocol, sections 19.7 and 19.10. Vectors: test/node/ledger/enrollment/registry-script.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {hexOf, utf8} from "../bytes.js";
import {readHex} from "../go/hex.js";
import {indentJson} from "../go/layout.js";
import {quoteText} from "../go/quote.js";
import {prefixed, readWhole} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goBytes, goList, goText, goUint64} from "../go/types.js";

const recordWire = goStruct("enrollment.EnrollmentRecord", {
  nodeId: member("node_id", goText()),
  owner: member("owner", goText()),
  gpuUuid: member("gpu_uuid", goText()),
  hmacKey: member("hmac_key", goBytes),
  stakeDust: member("stake_dust", goUint64),
  /** Empty means `upfront`. */
  bondMode: optional("bond_mode", goText("enrollment.BondMode")),
  /** 0 means the reference's 10 CELL. */
  requiredStakeDust: optional("required_stake_dust", goUint64),
  enrolledAtHeight: member("enrolled_at_height", goUint64),
  /** 0 means active. */
  revokedAtHeight: optional("revoked_at_height", goUint64),
  unbondMaturesAtHeight: optional("unbond_matures_at_height", goUint64),
  memo: optional("memo", goText()),
});
export type SnapshotRecord = GoValue<typeof recordWire>;

const snapshotWire = goStruct("enrollment.snapshot", {
  records: member("records", goList(recordWire)),
  seenEvidence: optional("seen_evidence_hex", goList(goText())),
});

export interface EnrollmentSnapshot {
  readonly records: readonly SnapshotRecord[];
  /** Fingerprints of punished evidence, 32 bytes each. */
  readonly seenEvidence: readonly Uint8Array[];
}

const HASH_BYTES = 32;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The file's bytes. */
export function encodeEnrollmentSnapshot({records, seenEvidence}: EnrollmentSnapshot): Uint8Array {
  const sorted = [...records].sort((a, b) => byText(a.nodeId, b.nodeId));
  const hashes = seenEvidence.map(hexOf).sort(byText);
  return utf8(indentJson(snapshotWire.write({records: sorted, seenEvidence: hashes}, "html")));
}

/**
 * What a snapshot holds, records without an id included, in the file's order. `name` stands for it in messages.
 * @throws DecodeError SNAPSHOT_INVALID with the reference's text
 */
export function readEnrollmentSnapshot(bytes: Uint8Array, name: string): EnrollmentSnapshot {
  const code = "SNAPSHOT_INVALID";
  const {records, seenEvidence} = readWhole(snapshotWire, bytes, {code, prefix: `enrollment: parse ${name}: `});
  const hashes = seenEvidence.map((text) => {
    const prefix = `enrollment: parse evidence hash ${quoteText(text)}: `;
    const hash = prefixed({code, prefix}, () => readHex(text));
    if (hash.length === HASH_BYTES) return hash;
    const why = `has ${hash.length} bytes, want ${HASH_BYTES}`;
    throw new DecodeError(code, `enrollment: evidence hash ${quoteText(text)} ${why}`);
  });
  return {records, seenEvidence: hashes};
}
