/** `qsdm/slash/v1`: takes a bond for a proven offence, pays the reporter, burns the rest. */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {sha256} from "../../../codecs/hash.js";
import {checkSlashPayload, SLASH_CONTRACT, type SlashPayload, slashPayload} from "../../../codecs/slashing/payload.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Call, Contract} from "../chain/contract.js";
import {enrollments, evidence} from "../state/stores.js";
import {DOUBLE_MINING, readDoubleMining} from "./double-mining.js";
import {FORGED_ATTESTATION, readForgedAttestation} from "./forged-attestation.js";
import {FRESHNESS_CHEAT, readFreshnessCheat} from "./freshness-cheat.js";
import {MAC_VERIFIERS, type VerifyByMac, verifyByMac} from "./mac-verifiers.js";
import {type Offence, type ReadEvidence, VERIFIER_FAILED} from "./offence.js";
import {offenceCost, punish} from "./punish.js";
import {type AnchorWitness, REFUSE_ANCHORS, witnessOf} from "./witness.js";

const READERS: ReadonlyMap<string, ReadEvidence> = new Map([
  [DOUBLE_MINING, readDoubleMining],
  [FORGED_ATTESTATION, readForgedAttestation],
  [FRESHNESS_CHEAT, readFreshnessCheat],
]);

/** What the contract is built with. */
export interface SlashPorts {
  /** Of chains whose proofs a MAC attributes; where a key signs them, the chain itself is the witness. */
  readonly witness: AnchorWitness;
  /** By kind, for chains whose proofs a MAC attributes. */
  readonly macVerifiers: ReadonlyMap<string, VerifyByMac>;
}

function read({payload, sender}: UnsignedEnvelope, {params}: Pick<BlockContext, "params">): SlashPayload {
  try {
    const canonical = params.rules.evidenceForm === "canonical";
    const slash = canonical ? slashPayload.decode(payload) : slashPayload.readCompat(payload);
    checkSlashPayload(slash, sender);
    return slash;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("SLASH_DECODE_FAILED", cause.message, {cause});
  }
}

/**
 * What the chain remembers of the offence that a payload is about, once it is slashed.
 * @throws RuleError SLASH_DECODE_FAILED, SLASH_VERIFIER_FAILED when the evidence is none
 */
export function offenceKeyOf(content: UnsignedEnvelope, block: Pick<BlockContext, "params">): string {
  const slash = read(content, block);
  const {proofAuthority, evidenceReplay} = block.params.rules;
  const byOffence = proofAuthority === "node-key" && evidenceReplay === "offence";
  return byOffence ? readSigned(slash).replayKey : fingerprintOf(slash);
}

function readOffence(call: Call, slash: SlashPayload, ports: SlashPorts): Offence {
  const {params} = call.block;
  if (params.rules.proofAuthority === "node-key") return readSigned(slash);
  return {
    replayKey: fingerprintOf(slash),
    prove: () =>
      verifyByMac(ports.macVerifiers, slash, {
        operator: (nodeId) => call.state.get(enrollments, nodeId) ?? null,
        denyList: [],
        witness: ports.witness,
        rules: params.rules,
        freshnessWindowSeconds: params.mining.freshnessWindowSeconds,
      }),
  };
}

function readSigned({evidenceKind, evidence: blob, nodeId}: SlashPayload): Offence {
  const reader = READERS.get(evidenceKind);
  if (!reader) throw new RuleError(VERIFIER_FAILED, `no verifier for evidence of kind ${evidenceKind}`);
  try {
    return reader(blob!, nodeId);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError(VERIFIER_FAILED, `the evidence does not decode: ${cause.message}`, {cause});
  }
}

/** The reference's replay key: the bytes as submitted, of which one offence has any number (Q45). */
export const fingerprintOf = ({evidenceKind, evidence: blob}: Pick<SlashPayload, "evidenceKind" | "evidence">) =>
  hexOf(sha256(utf8(`${evidenceKind}\0`), blob ?? new Uint8Array(0)));

/** Whatever the proof lacks, the reason recorded is that it proves nothing. */
function prove(work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (!(cause instanceof RuleError || cause instanceof DecodeError)) throw cause;
    throw new RuleError(VERIFIER_FAILED, cause.message, {cause});
  }
}

function apply(call: Call, ports: SlashPorts): ReturnType<Contract["apply"]> {
  const {state, block, txId, content} = call;
  const {rules} = block.params;
  const slash = read(content, block);
  const {nodeId} = slash;
  const record = state.get(enrollments, nodeId);
  if (!record) throw new RuleError("SLASH_NODE_NOT_ENROLLED", `node ${nodeId} is not enrolled`);
  const offence = readOffence(call, slash, ports);
  const replayKey = rules.evidenceReplay === "offence" ? offence.replayKey : fingerprintOf(slash);
  const seen = state.get(evidence, replayKey);
  if (seen)
    throw new RuleError("SLASH_EVIDENCE_REPLAYED", `this offence was slashed at height ${seen.slashedAtHeight}`);
  if (rules.emptyBond === "revoke" && record.stakeDust === 0n && record.revokedAtHeight !== null)
    throw new RuleError("SLASH_NOTHING_LEFT", `node ${nodeId} has no bond left`);
  const wholeDust = offenceCost(record, block.params);
  if (rules.slashAmount === "whole" && slash.slashAmountDust < wholeDust)
    throw new RuleError(
      "SLASH_AMOUNT_TOO_LOW",
      `asks for ${slash.slashAmountDust} dust, the offence costs ${wholeDust}`,
      {
        hint: "leave --amount out to take what the offence costs",
      },
    );
  prove(() => offence.prove({record, block, witness: witnessOf(block)}));
  state.put(evidence, replayKey, {slashedAtHeight: block.height});
  const outcome = punish(call, record, slash);
  return {events: [{type: "slash-applied", txId, slasher: content.sender, outcome}], slash: outcome};
}

/** The contract over `ports`; what is left out refuses every anchor and verifies as the reference does. */
export function createSlashContract(ports: Partial<SlashPorts> = {}): Contract {
  const whole: SlashPorts = {witness: REFUSE_ANCHORS, macVerifiers: MAC_VERIFIERS, ...ports};
  return {
    id: SLASH_CONTRACT,
    check: (content, block) => void read(content, block),
    // The offence; whoever is punished has the other records already.
    adds: () => 1,
    apply: (call) => apply(call, whole),
    rejected: ({txId, content}, reason) => ({type: "slash-rejected", txId, slasher: content.sender, reason}),
  };
}

export const slashContract: Contract = createSlashContract();
