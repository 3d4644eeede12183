import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {nodeIdOfProof} from "../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {FAULT_CLASSES, forgedAttestation} from "../../codecs/slashing/forged-attestation.js";
import {QsdmError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {askRegistry} from "./live-registry.js";
import {checkAccused, checkAttested, readProofFile} from "./proof-file.js";
import {addEvidenceFlags, type EvidenceFlags, slashCommandLine, writeEvidence} from "./write.js";

export interface ForgeryCharge {
  readonly proof: Proof;
  /** What is wrong with the attestation; empty when the accuser does not say. */
  readonly faultClass: string;
  readonly memo: string;
  /** The node that is meant; empty takes the one in the proof. */
  readonly nodeId: string;
}

/**
 * Evidence that a proof's attestation is forged, and what a network may object to. `nodeId` is null when neither the
 * flag nor a readable bundle names one.
 * @throws RuleError EVIDENCE_REFUSED, DecodeError EVIDENCE_INVALID
 */
export function accuseForger({proof, faultClass, memo, nodeId}: ForgeryCharge) {
  checkAttested(proof, "forged attestation");
  const warnings: string[] = [];
  let accused: string | null = null;
  try {
    accused = nodeIdOfProof(proof, readHmacBundleCompat);
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    warnings.push(`the bundle cannot be read (${error.message}); that is the fault bundle_malformed`);
  }
  if (accused !== null) checkAccused(accused, nodeId);
  const evidence = forgedAttestation.encode({proof, faultClass, memo});
  // What the ledger will do with it; an address with a quote in it encodes to bytes that nobody reads back.
  forgedAttestation.decode(evidence);
  return {evidence, nodeId: accused ?? (nodeId || null), height: proof.height, warnings};
}

interface Flags extends EvidenceFlags {
  readonly proof: string;
  readonly faultClass?: string;
}

export const slashHelperForgedAttestationCommand = (io: Io): Command =>
  addEvidenceFlags(
    defineCommand("slash-helper forged-attestation", {
      summary: "build evidence from a proof with a false attestation",
      description:
        "Reads a proof whose attestation does not hold, checks offline that it can be evidence, and writes the evidence " +
        "that qsdm slash submits. Standard output carries the bytes alone, so they can be piped; what they say goes to " +
        "standard error. A bundle that cannot be read is evidence too, with a warning.\n\n" +
        "The fault class is a remark: the ledger finds the fault by itself. --node also asks a node whether the accused " +
        "has a bond that the evidence can reach.",
      examples: [
        {
          does: "say what is wrong, and look at the evidence",
          run: "qsdm slash-helper forged-attestation --proof p.json --fault-class hmac_mismatch |\n  qsdm slash-helper inspect --evidence-file -",
        },
        {
          does: "keep the evidence and see how to submit it",
          run: "qsdm slash-helper forged-attestation --proof p.json --out ev.bin --print-cmd",
        },
      ],
      files: {"--out": "The evidence, mode 0600."},
      exit: {3: "The proof convicts nobody; standard error says why."},
      seeAlso: ["slash", "slash-helper inspect", "slash-helper double-mining", "slash-helper freshness-cheat"],
    })
      .requiredOption("--proof <path>", "the proof as JSON; - reads standard input")
      .option("--fault-class <class>", `what is wrong: ${FAULT_CLASSES.join(", ")}`, choiceFlag(FAULT_CLASSES)),
  ).action(async ({faultClass = "", ...flags}: Flags) => {
    if (flags.out === "-") io.checkBinary();
    const proof = await readProofFile(io, flags.proof, "--proof");
    const {evidence, nodeId, height, warnings} = accuseForger({...flags, faultClass, proof});
    if (nodeId !== null) await askRegistry(io, flags.node, {nodeId, height});
    for (const warning of warnings) io.warn(warning);
    const kind = "forged-attestation";
    await writeEvidence(io, flags, {evidence, summary: {kind, node_id: nodeId, fault_class: faultClass}});
    io.note(
      `forged-attestation evidence: ${evidence.length} bytes, fault_class="${faultClass}" memo=${utf8(flags.memo).length}B`,
    );
    if (flags.printCmd) io.note(slashCommandLine({...flags, kind, nodeId: nodeId ?? "NODE_ID"}));
  });
