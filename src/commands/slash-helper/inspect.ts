import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {readHex} from "../../codecs/go/hex.js";
import {type Proof, proofIdOf} from "../../codecs/mining/proof.js";
import {doubleMining} from "../../codecs/slashing/double-mining.js";
import {EVIDENCE_MAX_BYTES} from "../../codecs/slashing/evidence.js";
import {DecodeError, QsdmError, UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {nodeIdOf} from "./node-id.js";

/** Kinds that can be shown, each with what it shows. */
const READERS = {
  "double-mining": (bytes: Uint8Array) => {
    const {proofA, proofB, memo} = doubleMining.readCompat(bytes);
    return {
      memo,
      canonical: attempt(() => doubleMining.decode(bytes)) !== null,
      proofs: {proof_a: proofA, proof_b: proofB},
    };
  },
} as const;
type Kind = keyof typeof READERS;
const KINDS = Object.keys(READERS) as Kind[];

/**
 * What evidence says. Without `kind`, the kind whose form it has.
 * @throws DecodeError EVIDENCE_INVALID
 */
export function inspectEvidence(bytes: Uint8Array, kind: Kind | undefined) {
  const {kind: found, memo, canonical, proofs} = kind ? {kind, ...READERS[kind](bytes)} : inferKind(bytes);
  const shown = Object.fromEntries(Object.entries(proofs).map(([name, proof]) => [name, describeProof(proof)]));
  return {
    kind: found,
    size_bytes: bytes.length,
    canonical,
    memo,
    proofs: shown as Record<keyof typeof proofs, ProofView>,
  };
}

/** What the first kind makes of `bytes` whose form they have. */
function inferKind(bytes: Uint8Array) {
  for (const kind of KINDS) {
    const read = attempt(() => READERS[kind](bytes));
    if (read !== null) return {kind, ...read};
  }
  throw new DecodeError("EVIDENCE_INVALID", "the bytes are evidence of no known kind", {
    hint: `name the kind with --kind to see what is wrong: ${KINDS.join(", ")}`,
  });
}

interface ProofView {
  readonly version: number;
  readonly epoch: bigint;
  readonly height: bigint;
  /** `null` when the bundle cannot be read. */
  readonly node_id: string | null;
  readonly miner_addr: string;
  readonly batch_count: number;
  readonly proof_id: string;
  readonly attest_type: string;
  readonly attest_bundle_bytes: number;
}

const describeProof = (proof: Proof): ProofView => ({
  version: proof.version,
  epoch: proof.epoch,
  height: proof.height,
  node_id: attempt(() => nodeIdOf(proof)),
  miner_addr: proof.minerAddr,
  batch_count: proof.batchCount,
  proof_id: hexOf(proofIdOf(proof)),
  attest_type: proof.attestation.type,
  attest_bundle_bytes: proof.attestation.bundle.length,
});

/** What `read` gives, or null where the bytes do not have that form. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}

interface Flags {
  readonly kind?: Kind;
  readonly evidenceFile?: string;
  readonly evidenceHex?: string;
}

export const slashHelperInspectCommand = (io: Io): Command =>
  defineCommand("slash-helper inspect", {
    summary: "show what evidence says",
    description:
      "Reads evidence and prints its kind, its size, whether its form is canonical and its memo, then a record for each " +
      "proof in it: name, version, epoch, height, node id, miner address, batch count, proof id, attestation type and " +
      "bundle size. Works offline and checks no signature.",
    examples: [
      {does: "evidence in a file", run: "qsdm slash-helper inspect --evidence-file ev.bin"},
      {
        does: "evidence on its way",
        run: "qsdm slash-helper double-mining --proof-a a.json --proof-b b.json |\n  qsdm slash-helper inspect --evidence-file -",
      },
    ],
    seeAlso: ["slash-helper double-mining", "slash"],
  })
    .option("--kind <kind>", `read it as this kind: ${KINDS.join(", ")} (default: the one it has)`, choiceFlag(KINDS))
    .option("--evidence-file <path>", "the evidence; - reads standard input")
    .option("--evidence-hex <hex>", "the evidence as hex")
    .action(async ({kind, ...source}: Flags) => {
      const seen = inspectEvidence(await readEvidence(io, source), kind);
      const proofs = Object.entries(seen.proofs).map(([name, proof]): TextField[] => [name, ...Object.values(proof)]);
      const {proofs: data, ...head} = seen;
      io.result({...head, ...data}, [[head.kind, head.size_bytes, head.canonical, head.memo], ...proofs]);
    });

/** Evidence of one of two flags. @throws UsageError EVIDENCE_SOURCE, DecodeError HEX_INVALID */
export async function readEvidence(
  io: Io,
  {evidenceFile, evidenceHex}: Pick<Flags, "evidenceFile" | "evidenceHex">,
): Promise<Uint8Array> {
  if ((evidenceFile === undefined) === (evidenceHex === undefined))
    throw new UsageError("EVIDENCE_SOURCE", "give one of --evidence-file and --evidence-hex");
  if (evidenceFile !== undefined)
    return io.readFile(evidenceFile, {flag: "--evidence-file", maxBytes: EVIDENCE_MAX_BYTES});
  return readHex(evidenceHex!.trim());
}
