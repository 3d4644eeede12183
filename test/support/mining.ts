/** Rigs with real keys, and what they mine, for tests that need true proofs. */
import {utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import type {Challenge, ChallengeBinding} from "../../src/codecs/mining/challenge.js";
import {batchHash, prefixRoot} from "../../src/codecs/mining/merkle.js";
import {NO_ATTESTATION, type Proof} from "../../src/codecs/mining/proof.js";
import type {KeyPair} from "../../src/node/compute/ml-dsa.js";
import {ChallengeVerifier, createChallengeSigner} from "../../src/node/ledger/attestation/challenge.js";
import {ChallengeIssuer} from "../../src/node/ledger/attestation/issuer.js";
import type {EnrollmentRecord} from "../../src/node/ledger/enrollment/record.js";
import {boundStart} from "../../src/node/ledger/mining/binding.js";
import type {VerifyContext} from "../../src/node/ledger/mining/context.js";
import {buildDag} from "../../src/node/ledger/mining/dag.js";
import {solveSlice} from "../../src/node/ledger/mining/solve.js";
import {targetOf} from "../../src/node/ledger/mining/target.js";
import {mixDigest} from "../../src/node/ledger/mining/walk.js";
import {WORK_SET, WORK_SET_ROOT} from "../../src/node/ledger/mining/work-set.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {attestWithKey, type Rig} from "../../src/node/mining/attest.js";
import {mlDsa87, TEST_CHAIN_ID, type TestAccount, testAccount} from "./accounts.js";

/** A rig, its node key and the account that owns it; all derive from its name. */
export interface TestRig extends Rig {
  readonly keys: KeyPair;
  readonly owner: TestAccount;
}

export function testRig(name: string, owner: TestAccount = testAccount(`owner of ${name}`)): TestRig {
  return {
    nodeId: name,
    gpuUuid: `GPU-${name}`,
    gpuName: "NVIDIA GeForce RTX 4090",
    gpuArch: "ada-lovelace",
    computeCap: "8.9",
    cudaVersion: "12.8",
    driverVer: "572.16",
    hmacKey: sha3(utf8(`mac ${name}`)),
    keys: mlDsa87.keygenFromSeed(sha3(utf8(`node ${name}`))),
    owner,
  };
}

/** The rig's record after an enrollment. */
export const recordOf = (rig: TestRig): EnrollmentRecord => ({
  nodeId: rig.nodeId,
  owner: rig.owner.address,
  gpuUuid: rig.gpuUuid,
  hmacKey: rig.hmacKey,
  nodeKey: rig.keys.publicKey,
  stakeDust: 1_000_000_000n,
  bondMode: "upfront",
  requiredStakeDust: 1_000_000_000n,
  earnedStakeDust: 1_000_000_000n,
  enrolledAtHeight: 1n,
  revokedAtHeight: null,
  unbondMaturesAtHeight: null,
  memo: "",
});

export const TEST_NOW_MS = 1_800_000_100_000n;
const CHALLENGE_KEY = sha3(utf8("challenge key"));
/** Header at a height of the test chain. */
export const testHeader = (height: bigint) => ({hash: sha3(utf8(`header ${height}`)), timeMs: TEST_NOW_MS});

const params = chainParamsOf({
  chainId: TEST_CHAIN_ID,
  network: "test",
  timeMs: 0n,
  params: {...NETWORK_PARAMS.dev, dagEntries: 64, initialDifficulty: 4n, graceBlocks: 6n},
  allocations: [],
  validators: [],
  authorities: [],
  vestings: [],
});
const table = buildDag({epoch: 0n, workSetRoot: WORK_SET_ROOT, entries: params.mining.dagEntries});
let draws = 0;
const issuer = new ChallengeIssuer(createChallengeSigner("validator-test", CHALLENGE_KEY));

/** A genuine challenge, bound where a binding is given; every call gives another. */
export const testChallenge = (nowMs = TEST_NOW_MS, binding: ChallengeBinding | null = null): Challenge =>
  issuer.issue(nowMs, () => sha3(utf8(`draw ${draws++}`)), binding);

/** What a challenge for `proof` of `rig` is bound to. */
export const bindingOf = ({nodeId}: Pick<TestRig, "nodeId">, {minerAddr, height}: Proof): ChallengeBinding => ({
  minerAddr,
  nodeId,
  height,
});

export function testChallenges(): ChallengeVerifier {
  const verifier = new ChallengeVerifier();
  verifier.register("validator-test", CHALLENGE_KEY);
  return verifier;
}

/** A verifier at height 10 that knows `rigs` and holds the challenge key. */
export function contextFor(rigs: readonly TestRig[], change: Partial<VerifyContext> = {}): VerifyContext {
  const records = new Map(rigs.map((rig) => [rig.nodeId, recordOf(rig)]));
  return {
    params,
    tipHeight: 10n,
    nowMs: TEST_NOW_MS,
    staleAgainst: "now",
    chain: {
      header: (height) => (height <= 10n ? testHeader(height) : null),
      enrollment: (nodeId) => records.get(nodeId) ?? null,
      isSeen: () => false,
      hasProof: () => false,
      isQuarantined: () => false,
    },
    work: {
      workSet: () => WORK_SET,
      lookup: null,
      walk: () => (start, version) => mixDigest(table, start, version),
      difficulty: () => params.mining.initialDifficulty,
      mixVersion: () => 1,
    },
    verifySignature: mlDsa87.verify,
    challenges: testChallenges(),
    deniedGpus: [],
    deviceTrust: null,
    compat: null,
    ...change,
  };
}

/** A solved proof without attestation, for the rig's owner. `start` gives other solutions. */
export const solved = (rig: TestRig, change: Partial<Proof> = {}, start = 0): Proof =>
  solutionFor(rig, change, {start, bound: true});

/** The same as the reference searches: good for anyone. */
export const solvedUnbound = (rig: TestRig, change: Partial<Proof> = {}, start = 0): Proof =>
  solutionFor(rig, change, {start, bound: false});

function solutionFor(rig: TestRig, change: Partial<Proof>, {start, bound}: {start: number; bound: boolean}): Proof {
  const height = change.height ?? 10n;
  const {hash: headerHash} = testHeader(height);
  const batchRoot = prefixRoot(WORK_SET.map(batchHash), 1);
  const minerAddr = rig.owner.address;
  const job = {
    headerHash: bound ? boundStart({headerHash, batchRoot, minerAddr, nodeId: rig.nodeId}) : headerHash,
    batchRoot,
    target: targetOf(params.mining.initialDifficulty),
    table,
    mix: 1,
  } as const;
  const {solution} = solveSlice(job, Uint8Array.of(start, ...new Uint8Array(15)), 10_000);
  return {
    version: 2,
    epoch: 0n,
    height,
    headerHash,
    minerAddr,
    batchRoot,
    batchCount: 1,
    nonce: solution!.nonce,
    mixDigest: solution!.mixDigest,
    attestation: NO_ATTESTATION,
    ...change,
  };
}

/** `proof` with the rig's evidence and signature. */
export function signedBy(
  rig: TestRig,
  proof: Proof,
  {
    challenge = testChallenge(TEST_NOW_MS, bindingOf(rig, proof)),
    chainId = TEST_CHAIN_ID,
  }: {challenge?: Challenge; chainId?: string} = {},
): Proof {
  const sign = (message: Uint8Array) => mlDsa87.sign(rig.keys.secretKey, message);
  return attestWithKey(proof, rig, {challenge, identity: {chainId, sign}});
}
