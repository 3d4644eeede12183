import type {Command} from "commander";
import {equalBytes, utf8} from "../../codecs/bytes.js";
import {nodeIdOfProof} from "../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import {KEY_ATTESTATION} from "../../codecs/mining/key-bundle.js";
import {type Proof, proofIdOf} from "../../codecs/mining/proof.js";
import {doubleMining} from "../../codecs/slashing/double-mining.js";
import {DecodeError, QsdmError} from "../../errors.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {askRegistry} from "./live-registry.js";
import {readProofFile, refuseEvidence} from "./proof-file.js";
import {addEvidenceFlags, type EvidenceFlags, slashCommandLine, writeEvidence} from "./write.js";

export interface Accusation {
  readonly proofA: Proof;
  readonly proofB: Proof;
  readonly memo: string;
  /** The node that is meant; empty takes the one in the proofs. */
  readonly nodeId: string;
}

/**
 * Evidence that one node mined twice at one height, and what a network may object to.
 * @throws RuleError EVIDENCE_REFUSED, DecodeError EVIDENCE_INVALID, BUNDLE_INVALID
 */
export function accuse({proofA, proofB, memo, nodeId}: Accusation) {
  const refuse = (why: string): never =>
    refuseEvidence(why, "double mining is two different version 2 proofs of one node for one epoch and height");
  if (proofA.version < 2 || proofB.version < 2)
    refuse(`both proofs must be version 2 (got a=${proofA.version} b=${proofB.version})`);
  if (proofA.height !== proofB.height) refuse(`the heights differ (a=${proofA.height} b=${proofB.height})`);
  if (proofA.epoch !== proofB.epoch) refuse(`the epochs differ (a=${proofA.epoch} b=${proofB.epoch})`);
  const [nodeA, nodeB] = [named("proof-a", proofA), named("proof-b", proofB)];
  if (nodeA !== nodeB) refuse(`the proofs are of two nodes (a="${nodeA}" b="${nodeB}")`);
  if (nodeId !== "" && nodeId !== nodeA) refuse(`the proofs are of node "${nodeA}", not of "${nodeId}"`);
  const evidence = doubleMining.encode({proofA, proofB, memo});
  // What the ledger will do with it; an address with a quote in it encodes to bytes that nobody reads back.
  doubleMining.decode(evidence);
  return {evidence, nodeId: nodeA, epoch: proofA.epoch, height: proofA.height, warnings: doubts(proofA, proofB)};
}

function named(flag: string, proof: Proof): string {
  try {
    return nodeIdOfProof(proof, readHmacBundleCompat);
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError("BUNDLE_INVALID", `${flag}: attestation bundle: ${cause.message}`, {cause});
  }
}

/** Why a network with strict rules would refuse what one with compatible rules takes. */
function doubts(proofA: Proof, proofB: Proof): string[] {
  const found: string[] = [];
  if (equalBytes(proofIdOf(proofA), proofIdOf(proofB)))
    found.push("both proofs carry one solution; only a network with compat rules punishes a second attestation of it");
  if (proofA.attestation.type !== KEY_ATTESTATION || proofB.attestation.type !== KEY_ATTESTATION)
    found.push(`not both proofs are of type ${KEY_ATTESTATION}; only a network with compat rules trusts a MAC alone`);
  return found;
}

interface Flags extends EvidenceFlags {
  readonly proofA: string;
  readonly proofB: string;
}

export const slashHelperDoubleMiningCommand = (io: Io): Command =>
  addEvidenceFlags(
    defineCommand("slash-helper double-mining", {
      summary: "build evidence from two proofs of one height",
      description:
        "Reads two proofs that a node submitted for one height, checks offline that they convict it, and writes the " +
        "evidence that qsdm slash submits. Both orders of the pair give the same bytes. Standard output carries the " +
        "bytes alone, so they can be piped; what they say goes to standard error. --node also asks a node whether the accused has " +
        "a bond that the evidence can reach.",
      examples: [
        {
          does: "build and submit in one line",
          run: "qsdm slash-helper double-mining --proof-a a.json --proof-b b.json |\n  qsdm slash --node-id rig1 --evidence-kind double-mining --evidence-file - --amount 1000000000",
        },
        {
          does: "keep the evidence and see how to submit it",
          run: "qsdm slash-helper double-mining --proof-a a.json --proof-b b.json --out ev.bin --print-cmd",
        },
      ],
      files: {"--out": "The evidence, mode 0600."},
      exit: {3: "The proofs do not convict anybody; standard error says why."},
      seeAlso: ["slash", "slash-helper inspect"],
    })
      .requiredOption("--proof-a <path>", "one proof as JSON; - reads standard input")
      .requiredOption("--proof-b <path>", "the other proof; - reads standard input"),
  ).action(async (flags: Flags) => {
    if (flags.out === "-") io.checkBinary();
    const proofA = await readProofFile(io, flags.proofA, "--proof-a");
    const proofB = await readProofFile(io, flags.proofB, "--proof-b");
    const {evidence, nodeId, epoch, height, warnings} = accuse({...flags, proofA, proofB});
    await askRegistry(io, flags.node, {nodeId, height});
    for (const warning of warnings) io.warn(warning);
    await writeEvidence(io, flags, {evidence, summary: {kind: "double-mining", node_id: nodeId, epoch, height}});
    io.note(
      `double-mining evidence: ${evidence.length} bytes, node_id="${nodeId}" epoch=${epoch} height=${height} ` +
        `memo=${utf8(flags.memo).length}B`,
    );
    if (flags.printCmd) io.note(slashCommandLine({...flags, kind: "double-mining", nodeId}));
  });
