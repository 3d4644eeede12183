/**
 * The reference's three verifiers, for chains on which the HMAC alone attributes a proof. They prove little about the
 * accused (Q40, Q43, Q44); `proofAuthority` says which chains live with that.
 * Source: mining protocol, sections 20.2 to 20.5; the texts and their order are the reference's.
 */
import {formatDuration} from "../../../codecs/go/number.js";
import {quoteText} from "../../../codecs/go/quote.js";
import {type HmacBundle, readHmacBundleCompat} from "../../../codecs/mining/hmac-bundle.js";
import {encodeProof, type Proof, proofIdOf} from "../../../codecs/mining/proof.js";
import {doubleMining} from "../../../codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../../codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../../codecs/slashing/freshness-cheat.js";
import {isEvidenceKind, type SlashPayload} from "../../../codecs/slashing/payload.js";
import {QsdmError, RuleError} from "../../../errors.js";
import {checkHmacAttestation, type HmacPorts} from "../attestation/hmac.js";
import type {Rules} from "../params/rules.js";
import {DOUBLE_MINING, isOneProof} from "./double-mining.js";
import {FORGED_ATTESTATION} from "./forged-attestation.js";
import {FRESHNESS_CHEAT, FRESHNESS_GRACE_SECONDS} from "./freshness-cheat.js";
import {VERIFIER_FAILED} from "./offence.js";
import type {AnchorWitness} from "./witness.js";

/** What these verifiers look things up in. */
export interface MacPorts extends Pick<HmacPorts, "operator" | "denyList"> {
  readonly witness: AnchorWitness;
  readonly rules: Pick<Rules, "equivocation">;
  readonly freshnessWindowSeconds: number;
}

/** @throws RuleError SLASH_VERIFIER_FAILED when the payload proves nothing */
export type VerifyByMac = (slash: SlashPayload, ports: MacPorts) => void;

const PROVES_NOTHING = "slashing: evidence does not prove offence";
/** Evidence is no challenge response: a year on either side is taken. */
const YEAR_SECONDS = 31_536_000;

const refuse = (what: string, cause?: unknown): never => {
  throw new RuleError(VERIFIER_FAILED, `${what}: ${PROVES_NOTHING}`, cause === undefined ? {} : {cause});
};

/** What `work` returns; the text of its refusal goes after `step`. */
function within<T>(step: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    return refuse(`${step}: ${cause.message}`, cause);
  }
}

const checkMac = ({operator, denyList}: MacPorts, proof: Proof, issuedAt: bigint): void =>
  checkHmacAttestation(
    {
      operator,
      denyList,
      challenges: null,
      nonces: null,
      limits: {windowSeconds: YEAR_SECONDS, futureSkewSeconds: YEAR_SECONDS},
    },
    proof,
    issuedAt * 1_000n,
  );

const verifyForged: VerifyByMac = ({evidence, nodeId}, ports) => {
  const {proof} = within("forgedattest: decode evidence", () => forgedAttestation.readCompat(evidence!));
  if (nodeId === "") refuse("forgedattest: slash payload has no node_id");
  const unparseable = "forgedattest: attestation bundle is unparseable so the offence cannot be attributed";
  const bundle = within(unparseable, () => readHmacBundleCompat(proof.attestation.bundle));
  if (bundle.nodeId !== nodeId)
    refuse(`forgedattest: bundle.node_id ${quoteText(bundle.nodeId)} != payload.node_id ${quoteText(nodeId)}`);
  try {
    checkMac(ports, proof, bundle.issuedAt);
  } catch (cause) {
    if (cause instanceof QsdmError) return;
    throw cause;
  }
  refuse("forgedattest: hmac verifier accepts proof, no offence proven");
};

const verifyDouble: VerifyByMac = ({evidence, nodeId}, ports) => {
  const {proofA: a, proofB: b} = within("doublemining: decode evidence", () => doubleMining.readCompat(evidence!));
  if (a.version < 2 || b.version < 2)
    refuse(`doublemining: pre-v2 proofs not slashable (a.version=${a.version} b.version=${b.version})`);
  if (a.height !== b.height) refuse(`doublemining: heights differ (a=${a.height} b=${b.height})`);
  if (a.epoch !== b.epoch) refuse(`doublemining: epochs differ (a=${a.epoch} b=${b.epoch})`);
  const pair = [
    ["proof_a", a],
    ["proof_b", b],
  ] as const;
  for (const [name, proof] of pair) within(`doublemining: canonical ${name}`, () => encodeProof(proof));
  if (isOneProof(a, b, ports.rules)) refuse("doublemining: proof_a == proof_b (no equivocation)");
  const bundles = pair.map(([name, {attestation}]) =>
    within(`doublemining: ${name} bundle parse`, () => readHmacBundleCompat(attestation.bundle)),
  );
  pair.forEach(([name], i) => {
    const named = bundles[i]!.nodeId;
    if (named !== nodeId)
      refuse(`doublemining: ${name}.bundle.node_id ${quoteText(named)} != payload.node_id ${quoteText(nodeId)}`);
  });
  for (const [i, [name, proof]] of pair.entries())
    within(`doublemining: ${name} does not pass hmac acceptance`, () => checkMac(ports, proof, bundles[i]!.issuedAt));
};

function checkAge({issuedAt}: HmacBundle, anchorTime: bigint, windowSeconds: number): void {
  if (anchorTime <= issuedAt)
    refuse(
      `freshnesscheat: anchor block time precedes proof.bundle.issued_at (anchor=${anchorTime} issued_at=${issuedAt})`,
    );
  const age = BigInt.asIntN(64, anchorTime - issuedAt);
  if (age > BigInt(YEAR_SECONDS))
    refuse(`freshnesscheat: anchor age exceeds 1 year sanity bound (delta=${age}s limit=${YEAR_SECONDS}s)`);
  const limit = windowSeconds + FRESHNESS_GRACE_SECONDS;
  if (age > BigInt(limit)) return;
  const [window, grace] = [windowSeconds, FRESHNESS_GRACE_SECONDS].map((s) => formatDuration(BigInt(s) * NS));
  refuse(
    "freshnesscheat: proof is within freshness window + grace " +
      `(staleness=${age}s threshold=${limit}s = window ${window} + grace ${grace})`,
  );
}

const NS = 1_000_000_000n;

const verifyFreshness: VerifyByMac = ({evidence, nodeId}, ports) => {
  const {proof, anchorHeight, anchorBlockTime} = within("freshnesscheat: decode evidence", () =>
    freshnessCheat.readCompat(evidence!),
  );
  const {attestation, version, headerHash} = proof;
  if (version < 2) refuse(`freshnesscheat: proof.version < 2 (version=${version})`);
  if (attestation.type === "") refuse("freshnesscheat: proof has no attestation block");
  if (attestation.bundle === "") refuse("freshnesscheat: proof.attestation.bundle is empty");
  const unreadable = "freshnesscheat: bundle parse failed (would be a forged-attestation case, not freshness-cheat)";
  const bundle = within(unreadable, () => readHmacBundleCompat(attestation.bundle));
  if (bundle.nodeId !== nodeId) {
    const both = `bundle=${quoteText(bundle.nodeId)} payload=${quoteText(nodeId)}`;
    refuse(`freshnesscheat: proof.bundle.node_id != payload.node_id (${both})`);
  }
  checkAge(bundle, anchorBlockTime, ports.freshnessWindowSeconds);
  const lookup = `freshnesscheat: registry lookup for ${quoteText(nodeId)}: hmac: node_id`;
  const operator = ports.operator(nodeId) ?? refuse(`${lookup} not in operator registry`);
  if (operator.revokedAtHeight !== null) refuse(`${lookup} revoked`);
  const proofId = within("freshnesscheat: derive proof_id", () => proofIdOf(proof));
  within("freshnesscheat: anchor not verifiable by witness", () =>
    ports.witness.check({height: anchorHeight, headerHash, blockTime: anchorBlockTime, proofId}),
  );
};

/** Every verifier of the reference, by kind. */
export const MAC_VERIFIERS: ReadonlyMap<string, VerifyByMac> = new Map([
  [FORGED_ATTESTATION, verifyForged],
  [DOUBLE_MINING, verifyDouble],
  [FRESHNESS_CHEAT, verifyFreshness],
]);

/** Verifies `slash` with whichever of `verifiers` is for its kind. @throws RuleError SLASH_VERIFIER_FAILED */
export function verifyByMac(verifiers: ReadonlyMap<string, VerifyByMac>, slash: SlashPayload, ports: MacPorts): void {
  const kind = quoteText(slash.evidenceKind);
  if (!isEvidenceKind(slash.evidenceKind))
    throw new RuleError(VERIFIER_FAILED, `slashing: unknown evidence kind: ${kind}`);
  const verify = verifiers.get(slash.evidenceKind);
  if (!verify)
    throw new RuleError(VERIFIER_FAILED, `${PROVES_NOTHING}: ${kind} verifier is a stub (not yet implemented)`);
  verify(slash, ports);
}
