/**
 * What QBIND's keys sign: a prefix of scope and kind, and then the fields. Read to be shown; what our keys sign names
 * the whole chain id, since all chains that QBIND does not know share one scope.
 *
 * "No certificate" and "a certificate of the zero block in view 0" are the same bytes in a timeout of this version.
 * Source: bft-ledger, sections 1.2 to 1.4. Vectors: domains.vectors.json, signing-preimages.vectors.json.
 */
import {utf8} from "../bytes.js";
import type {Codec} from "../codec.js";
import {proposalContent, voteFields} from "./consensus.js";
import {behind, blob, fixed, layout, type Part, type PartValue, refuse, struct, u16, u32, u64} from "./layout.js";

const SCOPES = {
  DEV: 0x5142_4e44_4445_5600n,
  TST: 0x5142_4e44_5453_5400n,
  MAIN: 0x5142_4e44_4d41_494en,
} as const;
/** `UNK` is every chain that has no scope of its own. */
export type Scope = keyof typeof SCOPES | "UNK";
const SCOPE_NAMES: readonly Scope[] = ["DEV", "TST", "MAIN", "UNK"];

/** The scope of a 64-bit chain id. */
export const scopeOf = (chainId: bigint): Scope =>
  SCOPE_NAMES.find((name) => name !== "UNK" && SCOPES[name] === chainId) ?? "UNK";

/** A 64-bit chain id as QBIND prints it. */
export const chainText = (chainId: bigint): string => `chain_${chainId.toString(16).padStart(16, "0")}`;

/** What every signed message of a scope and a kind begins with; `NEWVIEW` was never put to use. */
export const prefixOf = (scope: Scope, kind: PreimageKind | "NEWVIEW"): string => `QBIND:${scope}:${kind}:v1`;

const contents = {
  TX: struct({sender: fixed(32), nonce: u64, payload: blob(u32), suiteId: u16}),
  VOTE: struct(voteFields),
  PROPOSAL: proposalContent,
  TIMEOUT: struct({view: u64, highBlockId: fixed(32), highView: u64, validatorId: u64}),
  /** `parents` and `transactions` are the digests of lists: see batch.ts. */
  BATCH: struct({creator: u64, viewHint: u64, parents: fixed(32), transactions: fixed(32)}),
  BATCH_ACK: struct({creator: u64, batchId: fixed(32), validatorId: u64, viewHint: u64}),
} as const;
type Contents = typeof contents;
export type PreimageKind = keyof Contents;

/** A signed message of any kind. */
export type Preimage = {
  readonly [K in PreimageKind]: {readonly scope: Scope; readonly kind: K; readonly content: PartValue<Contents[K]>};
}[PreimageKind];

/** Longest prefix. */
const PREFIX_MAX_BYTES = 64;

function codecOf(scope: Scope, kind: PreimageKind): Codec<Preimage["content"]> {
  const part = contents[kind] as Part<Preimage["content"]>;
  return layout(kind, behind(utf8(prefixOf(scope, kind)), part));
}

export const preimage: Codec<Preimage> = {
  encode: ({scope, kind, content}) => codecOf(scope, kind).encode(content),
  decode(bytes) {
    const [head = ""] = Buffer.from(bytes.subarray(0, PREFIX_MAX_BYTES)).toString("latin1").split(":v1");
    const scope = SCOPE_NAMES.find((name) => head.startsWith(`QBIND:${name}:`));
    const kind = Object.keys(contents).find((name) => head === `QBIND:${scope}:${name}`) as PreimageKind | undefined;
    if (!scope || !kind) return refuse("preimage", "begins with no prefix of QBIND");
    return {scope, kind, content: codecOf(scope, kind).decode(bytes)} as Preimage;
  },
};
