/**
 * What QBIND's council signs off chain: a release with the hashes of its builds, and from which height on it counts. It is
 * read and never acted on here: changes of this chain are voted on in the chain.
 *
 * JSON of any layout. What is written here is compact, with members in order of name at every level, and without notes and
 * version where they are empty; its digest is over the same without the approvals.
 * Source: bft-ledger, section 13. Vectors: governance-envelope.vectors.json.
 */
import {DecodeError, QsdmError} from "../../errors.js";
import {parseJson} from "../api/json.js";
import {list, object, omitEmpty, type Shape, text, u64, type ValueOf, word} from "../api/shape.js";
import {hexOf, textOf, utf8} from "../bytes.js";
import {sha3} from "../hash.js";
import {type CompatCodec, canonicalCodec} from "../json.js";

/** Longest envelope: 7 approvals of 8 KB each in hex, and notes. */
const MAX_BYTES = 256 * 1024;

const refuse = (why: string, cause?: unknown): never => {
  throw new DecodeError("QBIND_ENVELOPE_INVALID", `no governance envelope: ${why}`, {cause});
};

/** Text with the escapes that JSON needs, and no others. */
const plain: Shape<string> = {...text, write: (value) => JSON.stringify(value.toWellFormed())};

/** Texts by name, in the order of their names' bytes. */
const texts: Shape<ReadonlyMap<string, string>> = {
  write(value) {
    const members = [...value].sort(([a], [b]) => Buffer.compare(utf8(a), utf8(b)));
    return `{${members.map(([name, each]) => `${plain.write(name)}:${plain.write(each)}`).join(",")}}`;
  },
  read(json, path) {
    if (!(json instanceof Map)) return refuse(`${path} is not an object`);
    return new Map([...json].map(([name, each]) => [name, plain.read(each, `${path}.${name}`)]));
  },
  schema: {type: "object"},
};

const approval = object({memberId: plain, publicKey: plain, signature: plain, timestamp: plain});

const head = {
  activationHeight: u64,
  /** By platform: SHA-256 in hex. */
  binaryHashes: texts,
  class: word("a_non_consensus", "b_consensus_compatible", "c_hard_fork"),
} as const;
const tail = {
  envelopeId: plain,
  envelopeVersion: plain,
  networkEnvironment: plain,
  notes: omitEmpty(plain, ""),
  protocolVersion: plain,
  version: omitEmpty(plain, ""),
} as const;

const signedPart = object({...head, ...tail});
const whole = object({...head, councilApprovals: list(approval), ...tail});
export type GovernanceEnvelope = ValueOf<typeof whole>;

const NAMES: ReadonlySet<string> = new Set([
  ...["activation_height", "binary_hashes", "class", "council_approvals", "envelope_id", "envelope_version"],
  ...["network_environment", "notes", "protocol_version", "version"],
]);

function read(bytes: Uint8Array): GovernanceEnvelope {
  try {
    const json = parseJson(textOf(bytes));
    const stranger = json instanceof Map && [...json.keys()].find((name) => !NAMES.has(name));
    // It would be under the digest, which could then not be told.
    if (stranger) return refuse(`member "${stranger}" is not known`);
    return whole.read(json, "envelope");
  } catch (cause) {
    if (!(cause instanceof QsdmError) || cause.code === "QBIND_ENVELOPE_INVALID") throw cause;
    return refuse(cause.message, cause);
  }
}

/** @throws DecodeError QBIND_ENVELOPE_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const governanceEnvelope: CompatCodec<GovernanceEnvelope> = canonicalCodec({
  what: "governance envelope",
  maxBytes: MAX_BYTES,
  write: (value) => whole.write(value)!,
  read,
});

const TAG = utf8("QBIND-ENVELOPE-v1:");

/** What each member of the council signs: 32 bytes. */
export const envelopeDigest = (envelope: GovernanceEnvelope): Uint8Array =>
  sha3(TAG, utf8(signedPart.write(envelope)!));

/** What QBIND's tool finds wrong with an envelope before it looks at approvals. */
export type EnvelopeFault = "UnsupportedVersion" | "MissingField" | "InvalidBinaryHash";

export function envelopeFault(envelope: GovernanceEnvelope): EnvelopeFault | null {
  const {envelopeVersion, envelopeId, protocolVersion, networkEnvironment, activationHeight, binaryHashes} = envelope;
  if (envelopeVersion !== "1.0") return "UnsupportedVersion";
  if (envelopeId === "" || protocolVersion === "" || networkEnvironment === "") return "MissingField";
  // A fork that nobody knows the height of happens at none.
  if (envelope.class === "c_hard_fork" && activationHeight === 0n) return "MissingField";
  if ([...binaryHashes.values()].some((each) => !/^[0-9a-f]{64}$/i.test(each))) return "InvalidBinaryHash";
  return null;
}

/** Members who approved, each once: their tool counts one who approves twice as two. Nothing is said of their signatures. */
export const approversOf = ({councilApprovals}: GovernanceEnvelope): readonly string[] =>
  [...new Set(councilApprovals.map(({memberId}) => memberId))].sort();

/** The envelope that JSON of any layout is. @throws DecodeError QBIND_ENVELOPE_INVALID, JSON_TOO_LARGE */
export function readGovernanceEnvelope(bytes: Uint8Array) {
  if (bytes.length > MAX_BYTES)
    throw new DecodeError("JSON_TOO_LARGE", `governance envelope is ${bytes.length} bytes, at most ${MAX_BYTES}`);
  const envelope = read(bytes);
  return {
    digest: hexOf(envelopeDigest(envelope)),
    fault: envelopeFault(envelope),
    approvers: approversOf(envelope),
    ...envelope,
    binaryHashes: Object.fromEntries(envelope.binaryHashes),
  };
}
