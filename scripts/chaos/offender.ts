/**
 * Rigs that each mine twice at one height and lose their bond for it, to who brings the evidence. Every other rig is honest
 * and leaves: its bond is on its way back while the books are attacked.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {utf8} from "../../src/codecs/bytes.js";
import {
  ENROLL_V3_CONTRACT,
  nodeKeyClaim,
  strictEnrollment,
  UNENROLL_V3_CONTRACT,
} from "../../src/codecs/chain/payloads.js";
import {enrollment, unenrollment} from "../../src/codecs/enrollment.js";
import {sha3} from "../../src/codecs/hash.js";
import type {Challenge} from "../../src/codecs/mining/challenge.js";
import {decodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {SLASH_CONTRACT, slashPayload} from "../../src/codecs/slashing/payload.js";
import {equivocate} from "../../src/commands/devnet/cheat.js";
import {termsOf} from "../../src/commands/mine/terms.js";
import {accuse} from "../../src/commands/slash-helper/double-mining.js";
import {QsdmError} from "../../src/errors.js";
import type {Client} from "../../src/node/api/client.js";
import type {Signer} from "../../src/node/keys/signer.js";
import {attestWithKey} from "../../src/node/mining/attest.js";

const ENROLLED_MS = 60_000;
const POLL_MS = 500;

export interface OffenderPlan {
  readonly chainId: string;
  readonly bondDust: bigint;
  readonly client: Client;
  readonly accountOf: (name: string) => Signer;
  /** Signs a call with the account's next nonce and submits it. @returns its id; null when it was refused */
  send(signer: Signer, call: {readonly contract: string; readonly payload: Uint8Array}): Promise<string | null>;
}

/** Both own and slash; two, because the owner of a rig cannot be its accuser. */
export const OFFENDERS = ["rig owner", "prosecutor"] as const;

export class Offender {
  /** Slashes that should come to be applied. */
  readonly slashes: string[] = [];

  constructor(private readonly plan: OffenderPlan) {}

  /** One rig's life. */
  async play(round: number, signal: AbortSignal): Promise<void> {
    const nodeId = `offender-${round}`;
    const [owner, prosecutor] = OFFENDERS.map((name) => this.plan.accountOf(name)) as [Signer, Signer];
    const nodeKey = this.plan.accountOf(nodeId);
    if (!(await this.#enroll(nodeId, {owner, nodeKey}, signal))) return;
    if (round % 2 === 1) {
      const payload = unenrollment.encode({kind: "unenroll", nodeId, reason: ""});
      await this.plan.send(owner, {contract: UNENROLL_V3_CONTRACT, payload});
      return;
    }
    const {evidence} = accuse({...(await this.#mineTwice(nodeId, nodeKey, signal)), memo: "", nodeId});
    const named = {nodeId, evidenceKind: "double-mining", slashAmountDust: this.plan.bondDust};
    const payload = slashPayload.encode({...named, evidence, memo: ""});
    const slash = await this.plan.send(prosecutor, {contract: SLASH_CONTRACT, payload});
    if (slash !== null) this.slashes.push(slash);
  }

  async #enroll(
    nodeId: string,
    {owner, nodeKey}: {readonly owner: Signer; readonly nodeKey: Signer},
    signal: AbortSignal,
  ): Promise<boolean> {
    const {chainId, bondDust, client, send} = this.plan;
    const inner = {
      ...{kind: "enroll", nodeId, gpuUuid: `GPU-${nodeId}`, hmacKey: macKeyOf(nodeId), memo: ""},
      ...{stakeDust: bondDust, bondMode: "", workNonce: 0n},
    };
    const possession = nodeKey.sign(nodeKeyClaim(chainId, owner.address, nodeId, nodeKey.publicKey));
    const strict = {payload: enrollment.encode(inner), nodeKey: nodeKey.publicKey, possession};
    const payload = strictEnrollment.encode(strict);
    if ((await send(owner, {contract: ENROLL_V3_CONTRACT, payload})) === null) return false;
    for (const endMs = Date.now() + ENROLLED_MS; Date.now() < endMs; await sleep(POLL_MS, undefined, {signal})) {
      if (await isActive(client, nodeId)) return true;
    }
    return false;
  }

  async #mineTwice(nodeId: string, nodeKey: Signer, signal: AbortSignal) {
    const {client, chainId} = this.plan;
    const {record, forkTensorHeight} = await termsOf(client, nodeId);
    const rig = {
      ...{nodeId, gpuUuid: record.gpuUuid, hmacKey: macKeyOf(nodeId)},
      ...{gpuName: "NVIDIA GeForce RTX 4090", gpuArch: "ada-lovelace"},
      ...{computeCap: "8.9", cudaVersion: "12.8", driverVer: "572.16"},
    };
    const identity = {chainId, sign: (message: Uint8Array) => nodeKey.sign(message)};
    const attest = async (solution: Proof, challenge: Challenge): Promise<Proof> =>
      attestWithKey(solution, rig, {challenge, identity});
    const cheater = {address: record.owner, boundNodeId: nodeId, forkTensorHeight, attest};
    const {proofs} = await equivocate(cheater, client, signal);
    const [proofA, proofB] = proofs.map((each) => decodeProof(each)) as [Proof, Proof];
    return {proofA, proofB};
  }
}

async function isActive(client: Client, nodeId: string): Promise<boolean> {
  try {
    return (await client.enrollment({nodeId})).phase === "active";
  } catch (error) {
    if (error instanceof QsdmError && error.code === "ENROLLMENT_NOT_FOUND") return false;
    throw error;
  }
}

const macKeyOf = (nodeId: string): Uint8Array => sha3(utf8(`mac of ${nodeId}`));
