/**
 * Those who mine, and those who watch them. Proofs are the production's, under the keys of enrolled nodes, and their work
 * and evidence are not looked at: `verifySimProof` stands in for the proof-of-work alone. A cheat makes two solutions
 * for one height, or answers a challenge that is long stale; watchers report it, each as often and as they like.
 */
import {bytesOfHex, concat, hexOf, utf8} from "../../src/codecs/bytes.js";
import {
  ENROLL_V3_CONTRACT,
  nodeKeyClaim,
  strictEnrollment,
  UNENROLL_V3_CONTRACT,
} from "../../src/codecs/chain/payloads.js";
import {enrollment, unenrollment} from "../../src/codecs/enrollment.js";
import {sha3} from "../../src/codecs/hash.js";
import {nodeIdOfProof} from "../../src/codecs/mining/attestation.js";
import {HMAC_ATTESTATION} from "../../src/codecs/mining/hmac-bundle.js";
import {KEY_ATTESTATION, withKeyBundle} from "../../src/codecs/mining/key-bundle.js";
import {keySigningBytes} from "../../src/codecs/mining/key-signing.js";
import {decodeProof, encodeProof, NO_ATTESTATION, type Proof, proofIdOf} from "../../src/codecs/mining/proof.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {freshnessCheat} from "../../src/codecs/slashing/freshness-cheat.js";
import {SLASH_CONTRACT, type SlashPayload, slashPayload} from "../../src/codecs/slashing/payload.js";
import {RuleError} from "../../src/errors.js";
import {checkNodeSignature} from "../../src/node/ledger/attestation/node-key.js";
import type {VerifyProof} from "../../src/node/ledger/chain/run.js";
import {enrollments, heightKey, rewardedProofs} from "../../src/node/ledger/state/stores.js";
import type {SimCrypto} from "./crypto.js";
import type {Random} from "./random.js";
import {type Call, type Client, clientOf} from "./workload.js";

export interface MiningPlan {
  readonly miners: number;
  /** Miners that cheat where they can. */
  readonly cheats: ReadonlySet<number>;
  readonly acts: readonly TimedAct[];
}

/** What a miner does: `mine` once, honestly or not, or what its operator asks for. */
export type Act = "enroll" | "unenroll" | "mine" | "frame";
export interface TimedAct {
  readonly atMs: number;
  readonly miner: number;
  readonly act: Act;
}

/** Share of the seeds in which anybody mines. */
const SHARE = 0.4;
const EVERY_MS = 700;

export const NOBODY_MINES: MiningPlan = {miners: 0, cheats: new Set(), acts: []};

export function miningOf(random: Random, {healMs}: {healMs: number}): MiningPlan {
  if (!random.chance(SHARE)) return NOBODY_MINES;
  const miners = random.between(2, 3);
  const cheats = new Set([random.between(0, miners - 1)]);
  const acts: TimedAct[] = [];
  for (let miner = 0; miner < miners; miner++) {
    const put = (atMs: number, act: Act): void => void acts.push({atMs, miner, act});
    const fromMs = random.between(100, healMs / 4);
    put(fromMs, "enroll");
    for (let atMs = fromMs; atMs < healMs; atMs += random.between(1, 2 * EVERY_MS)) put(atMs, "mine");
    if (random.chance(0.5)) {
      const goneMs = random.between(fromMs, healMs);
      put(goneMs, "unenroll");
      for (let i = random.between(0, 2); i > 0; i--) put(random.between(goneMs, healMs), "enroll");
    }
    if (random.chance(0.5)) put(random.between(fromMs, healMs), "frame");
    // A bond that was taken is worth posting again once it is back.
    if (cheats.has(miner)) put(random.between(healMs / 2, healMs), "enroll");
  }
  return {miners, cheats, acts: acts.sort((a, b) => a.atMs - b.atMs)};
}

export interface Miner {
  readonly nodeId: string;
  readonly isCheat: boolean;
  readonly owner: Client;
  readonly keys: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
}

export const minersOf = ({miners, cheats}: MiningPlan, nodes: number, crypto: SimCrypto): readonly Miner[] =>
  Array.from({length: miners}, (_, i) => ({
    nodeId: `rig-${i}`,
    isCheat: cheats.has(i),
    owner: clientOf(`miner ${i}`, i % nodes, crypto),
    keys: crypto.transactions.keygen(`rig ${i}`),
  }));

interface Ground {
  readonly chainId: string;
  readonly crypto: SimCrypto;
}

export function enrollCall({nodeId, owner, keys}: Miner, bondDust: bigint, {chainId, crypto}: Ground): Call {
  const payload = enrollment.encode({
    ...{kind: "enroll", nodeId, gpuUuid: `GPU-${nodeId}`, hmacKey: sha3(utf8(nodeId)), stakeDust: bondDust},
    ...{bondMode: "upfront", workNonce: 0n, memo: ""},
  });
  const possession = crypto.transactions.sign(
    keys.secretKey,
    nodeKeyClaim(chainId, owner.address, nodeId, keys.publicKey),
  );
  return {
    contract: ENROLL_V3_CONTRACT,
    payload: strictEnrollment.encode({payload, nodeKey: keys.publicKey, possession}),
  };
}

export const unenrollCall = ({nodeId}: Miner): Call => ({
  contract: UNENROLL_V3_CONTRACT,
  payload: unenrollment.encode({kind: "unenroll", nodeId, reason: ""}),
});

/** A header that a proof quotes. */
export interface Quoted {
  readonly id: string;
  readonly height: bigint;
  readonly timeMs: bigint;
}

/** A signed solution. @param ageSeconds of the challenge that it answers, when the quoted header was made */
export function proofBy(
  {nodeId, owner, keys}: Miner,
  {quoted, ageSeconds, random, chainId, crypto}: Ground & {quoted: Quoted; ageSeconds: number; random: Random},
): Proof {
  const bytes = (length: number): Uint8Array => Uint8Array.from({length}, () => random.between(0, 255));
  const issuedAt = quoted.timeMs / 1_000n - BigInt(ageSeconds);
  const draft: Proof = {
    ...{version: 2, epoch: 0n, height: quoted.height, headerHash: bytesOfHex(quoted.id), minerAddr: owner.address},
    ...{batchRoot: new Uint8Array(32), batchCount: 1, nonce: bytes(16), mixDigest: bytes(32)},
    attestation: {...NO_ATTESTATION, type: KEY_ATTESTATION, nonce: bytes(32), issuedAt},
  };
  const bundle = {evidence: "", evidenceType: HMAC_ATTESTATION, nodeId, signature: new Uint8Array(0)};
  const message = keySigningBytes(chainId, withKeyBundle(draft, bundle));
  return withKeyBundle(draft, {...bundle, signature: crypto.transactions.sign(keys.secretKey, message)});
}

type Evidence = Pick<SlashPayload, "nodeId" | "evidenceKind" | "evidence">;

/** Both solutions, either way round: one spelling is good, and the other is no evidence. */
export function doubleEvidence(nodeId: string, [proofA, proofB]: readonly [Proof, Proof]): readonly Evidence[] {
  const good = doubleMining.encode({proofA, proofB, memo: ""});
  const {proofA: a, proofB: b} = doubleMining.decode(good);
  const text = (proof: Proof): Uint8Array => encodeProof(proof);
  const turned = concat(utf8('{"proof_a":'), text(b), utf8(',"proof_b":'), text(a), utf8("}"));
  return [good, turned].map((evidence) => ({nodeId, evidenceKind: "double-mining", evidence}));
}

export const staleEvidence = (nodeId: string, proof: Proof, {height, timeMs}: Quoted): Evidence => ({
  ...{nodeId, evidenceKind: "freshness-cheat"},
  evidence: freshnessCheat.encode({proof, anchorHeight: height, anchorBlockTime: timeMs / 1_000n, memo: ""}),
});

export const slashCall = (evidence: Evidence, slashAmountDust: bigint): Call => ({
  contract: SLASH_CONTRACT,
  payload: slashPayload.encode({...evidence, slashAmountDust, memo: ""}),
});

/** The production's checks of a proof, without those of its work and of its evidence. */
export const verifySimProof: VerifyProof = (state, raw, block) => {
  const refuse = (why: string): never => {
    throw new RuleError("PROOF_REFUSED", why);
  };
  const proof = decodeProof(raw);
  const nodeId = nodeIdOfProof(proof);
  const {height, minerAddr: to} = proof;
  const record = state.get(enrollments, nodeId) ?? refuse(`${nodeId} is not enrolled`);
  if (record.revokedAtHeight !== null) refuse(`${nodeId} was revoked`);
  if (record.owner !== to) refuse(`${nodeId} belongs to ${record.owner}`);
  if (height + 1n > block.height || height + 1n + block.params.mining.graceBlocks < block.height) refuse("out of time");
  if (block.ancestor(height)?.id !== hexOf(proof.headerHash)) refuse("quotes no header of this chain");
  if (state.has(rewardedProofs, `${heightKey(height)}/${nodeId}`)) refuse("one of this height was paid");
  const {chainId} = block.params;
  checkNodeSignature(proof, {chainId, nodeKey: record.nodeKey, nodeId, verifySignature: block.verifySignature});
  const proofId = proofIdOf(proof);
  return {proofId, proofIdHex: hexOf(proofId), nodeId, height, to};
};
