import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {readHex} from "../../codecs/go/hex.js";
import {proofIdOf} from "../../codecs/mining/proof.js";
import {EVIDENCE_MAX_BYTES} from "../../codecs/slashing/evidence.js";
import {EVIDENCE_KINDS, type EvidenceKind} from "../../codecs/slashing/payload.js";
import {UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {type EvidenceView, proofView, viewEvidence} from "./evidence-view.js";

interface Flags {
  readonly kind?: EvidenceKind;
  readonly evidenceFile?: string;
  readonly evidenceHex?: string;
}

export const slashHelperInspectCommand = (io: Io): Command =>
  defineCommand("slash-helper inspect", {
    summary: "show what evidence says",
    description:
      "Reads evidence of any kind and prints its kind, its size, whether its form is canonical, its memo, the fault class, " +
      "and the height, time and staleness of the anchor block, then a record for each " +
      "proof in it: name, version, epoch, height, node id, miner address, batch count, nonce, attestation type and " +
      "bundle size. --json adds the proof ids. Works offline and checks no signature.",
    examples: [
      {does: "evidence in a file", run: "qsdm slash-helper inspect --evidence-file ev.bin"},
      {
        does: "evidence on its way",
        run: "qsdm slash-helper double-mining --proof-a a.json --proof-b b.json |\n  qsdm slash-helper inspect --evidence-file -",
      },
    ],
    seeAlso: ["slash-helper double-mining", "slash"],
  })
    .option(
      "--kind <kind>",
      `read it as this kind: ${EVIDENCE_KINDS.join(", ")} (default: the one it has)`,
      choiceFlag(EVIDENCE_KINDS),
    )
    .option("--evidence-file <path>", "the evidence; - reads standard input")
    .option("--evidence-hex <hex>", "the evidence as hex")
    .action(async ({kind, evidenceFile, evidenceHex}: Flags) => {
      const view = viewEvidence(await readEvidence(io, {evidenceFile, evidenceHex}), kind);
      // Hashing is for the document alone: it would add a tenth to the time of the other.
      if (io.flags.json) io.result(documentOf(view), "");
      else io.result(null, recordsOf(view));
    });

/** Seconds from the newest proof's own clock to the anchor; it may be negative. */
const stalenessOf = ({anchorBlockTime, proofs}: EvidenceView): bigint | null =>
  anchorBlockTime && anchorBlockTime - proofs[0]!.attestation.issuedAt;

const proofName = (at: number): string => `proof_${"ab"[at]}`;

function recordsOf(view: EvidenceView): TextField[][] {
  const {kind, sizeBytes, canonical, memo, faultClass, anchorHeight, anchorBlockTime, proofs} = view;
  return [
    [kind, sizeBytes, canonical, memo, faultClass, anchorHeight, anchorBlockTime, stalenessOf(view)],
    ...proofs.map((proof, at) => [proofName(at), ...Object.values(proofView(proof))]),
  ];
}

function documentOf(view: EvidenceView) {
  const proofs = view.proofs.map((proof, at) => [
    proofName(at),
    {...proofView(proof), proof_id: hexOf(proofIdOf(proof))},
  ]);
  return {
    kind: view.kind,
    size_bytes: view.sizeBytes,
    canonical: view.canonical,
    memo: view.memo,
    ...(view.faultClass === null ? {} : {fault_class: view.faultClass}),
    ...(view.anchorHeight === null
      ? {}
      : {
          anchor_height: view.anchorHeight,
          anchor_block_time: view.anchorBlockTime,
          staleness_secs: stalenessOf(view),
        }),
    ...Object.fromEntries(proofs),
  };
}

/** Evidence of one of two flags. @throws UsageError EVIDENCE_SOURCE, DecodeError HEX_INVALID */
export async function readEvidence(
  io: Io,
  {evidenceFile, evidenceHex}: {readonly evidenceFile: string | undefined; readonly evidenceHex: string | undefined},
): Promise<Uint8Array> {
  if ((evidenceFile === undefined) === (evidenceHex === undefined))
    throw new UsageError("EVIDENCE_SOURCE", "give one of --evidence-file and --evidence-hex");
  if (evidenceFile !== undefined)
    return io.readFile(evidenceFile, {flag: "--evidence-file", maxBytes: EVIDENCE_MAX_BYTES});
  return readHex(evidenceHex!.trim());
}
