import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {nodeIdOfProof} from "../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {freshnessCheat} from "../../codecs/slashing/freshness-cheat.js";
import {defineCommand} from "../define.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {askRegistry} from "./live-registry.js";
import {checkAccused, checkAttested, readIssuedAt, readProofFile, refuseEvidence} from "./proof-file.js";
import {addEvidenceFlags, type EvidenceFlags, slashCommandLine, writeEvidence} from "./write.js";

/** Freshness window and grace of the protocol, in seconds: what is not older is not stale. */
const FRESH_SECONDS = 90n;
/** A proof that is older than a year is a typing error. */
const ANCHOR_AGE_MAX_SECONDS = 31_536_000n;

export interface StalenessCharge {
  readonly proof: Proof;
  /** Height of the block that shows the proof's age. */
  readonly anchorHeight: bigint;
  /** Time of that block, in Unix seconds. */
  readonly anchorBlockTime: bigint;
  readonly memo: string;
  /** The node that is meant; empty takes the one in the proof. */
  readonly nodeId: string;
}

/**
 * Evidence that a proof's attestation was stale.
 * @throws RuleError EVIDENCE_REFUSED, DecodeError EVIDENCE_INVALID, BUNDLE_INVALID
 */
export function accuseCheat({proof, anchorHeight, anchorBlockTime, memo, nodeId}: StalenessCharge) {
  checkAttested(proof, "freshness cheating");
  const issuedAt = readIssuedAt("--proof", proof);
  const accused = nodeIdOfProof(proof, readHmacBundleCompat);
  checkAccused(accused, nodeId);
  const stalenessSeconds = anchorBlockTime - issuedAt;
  checkStaleness(stalenessSeconds, `issued at ${issuedAt}, the block's time is ${anchorBlockTime}`);
  const evidence = freshnessCheat.encode({proof, anchorHeight, anchorBlockTime, memo});
  // What the ledger will do with it; an address with a quote in it encodes to bytes that nobody reads back.
  freshnessCheat.decode(evidence);
  return {evidence, nodeId: accused, stalenessSeconds};
}

function checkStaleness(seconds: bigint, times: string): void {
  const hint = "check --anchor-block-time: it is in Unix seconds";
  if (seconds <= 0n) refuseEvidence(`the block is not later than the attestation (${times})`, hint);
  if (seconds > ANCHOR_AGE_MAX_SECONDS) refuseEvidence(`${seconds} seconds are more than a year (${times})`, hint);
  if (seconds <= FRESH_SECONDS)
    refuseEvidence(`${seconds} seconds are within the ${FRESH_SECONDS} that window and grace allow (${times})`, hint);
}

interface Flags extends EvidenceFlags {
  readonly proof: string;
  readonly anchorHeight: bigint;
  readonly anchorBlockTime: bigint;
}

export const slashHelperFreshnessCheatCommand = (io: Io): Command =>
  addEvidenceFlags(
    defineCommand("slash-helper freshness-cheat", {
      summary: "build evidence from a proof with a stale attestation",
      description:
        "Reads a proof whose attestation was more than 90 seconds older than the block that it quotes, checks that " +
        "offline, and writes the evidence that qsdm slash submits. Standard output carries the bytes alone, so they can " +
        "be piped; what they say goes to standard error. --node also asks a node whether the accused has a bond that the " +
        "evidence can reach.\n\n" +
        "A network takes this evidence only where it can prove the time of the block by itself.",
      examples: [
        {
          does: "build evidence against the block at height 1200",
          run: "qsdm slash-helper freshness-cheat --proof p.json --anchor-height 1200 --anchor-block-time 1700858960 --out ev.bin",
        },
      ],
      files: {"--out": "The evidence, mode 0600."},
      exit: {3: "The proof convicts nobody; standard error says why."},
      seeAlso: ["slash", "slash-helper inspect", "slash-helper forged-attestation", "block"],
    })
      .requiredOption("--proof <path>", "the proof as JSON; - reads standard input")
      .requiredOption("--anchor-height <height>", "height of the block that shows the age", u64Flag)
      .requiredOption("--anchor-block-time <seconds>", "time of that block, in Unix seconds", u64Flag),
  ).action(async (flags: Flags) => {
    if (flags.out === "-") io.checkBinary();
    const proof = await readProofFile(io, flags.proof, "--proof");
    const {evidence, nodeId, stalenessSeconds} = accuseCheat({...flags, proof});
    await askRegistry(io, flags.node, {nodeId, height: proof.height});
    const kind = "freshness-cheat";
    const summary = {
      kind,
      node_id: nodeId,
      anchor_height: flags.anchorHeight,
      anchor_block_time: flags.anchorBlockTime,
      staleness_secs: stalenessSeconds,
    };
    await writeEvidence(io, flags, {evidence, summary});
    io.note(
      `freshness-cheat evidence: ${evidence.length} bytes, node_id="${nodeId}" anchor_height=${flags.anchorHeight} ` +
        `staleness=${stalenessSeconds}s memo=${utf8(flags.memo).length}B`,
    );
    if (flags.printCmd) io.note(slashCommandLine({...flags, kind, nodeId}));
  });
