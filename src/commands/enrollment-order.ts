/** What `qsdm enroll` asks of a chain, in our forms and in those of QSDM. */
import {formatCell} from "../codecs/amount.js";
import type {EnrollmentView} from "../codecs/api/mining.js";
import {ENROLL_V3_CONTRACT, nodeKeyClaim, strictEnrollment} from "../codecs/chain/payloads.js";
import {boundBondPrefix, deferredBondPrefix, type Enrollment, enrollment} from "../codecs/enrollment.js";
import {checkEnrollment, ENROLLMENT_BOND_DUST} from "../codecs/enrollment-fields.js";
import {QsdmError, RuleError, UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import type {Signer} from "../node/keys/signer.js";
import {REFERENCE_FEE_DUST, type ReferenceOrder} from "./reference.js";
import {enrollmentRequest} from "./reference-request.js";
import type {Order, OrderContext} from "./submit.js";

/** The bond: locked at once, or filled from the rig's first rewards and vouched for by work until then. */
export type Bond =
  | {readonly mode: "upfront" /** `null` locks what the chain asks for. */; readonly stakeDust: bigint | null}
  | {readonly mode: "mining_rewards"};

/** What an operator registers. */
export interface Rig {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly hmacKey: Uint8Array;
  /** The key that will sign this rig's proofs; a node of QSDM does without. */
  readonly nodeKey: Signer | null;
  readonly memo: string;
  readonly bond: Bond;
}

/** The least nonce that is the work for a prefix. */
export type FindWork = (prefix: Uint8Array) => Promise<bigint>;

type EnrollmentContext = Omit<OrderContext, "client"> & {readonly client: Pick<Client, "enrollment" | "balance">};

/** How a chain takes bonds. */
interface BondTerms {
  readonly bondDust: bigint;
  workPrefix(payload: Enrollment): Uint8Array;
}

/**
 * The payload for `rig`, checked as far as it goes without the work: what makes it wrong would make the search useless.
 * @throws DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH
 */
function payloadOf({nodeId, gpuUuid, hmacKey, memo, bond}: Rig, sender: string, terms: BondTerms): Enrollment {
  const named = {kind: "enroll", nodeId, gpuUuid, hmacKey, memo, workNonce: 0n};
  const stakeDust = bond.mode === "upfront" ? (bond.stakeDust ?? terms.bondDust) : terms.bondDust;
  const upfront = {...named, stakeDust, bondMode: ""};
  checkEnrollment(upfront, sender, terms);
  return bond.mode === "upfront" ? upfront : {...named, stakeDust: 0n, bondMode: bond.mode};
}

const withWork = async (payload: Enrollment, {workPrefix}: BondTerms, findWork: FindWork): Promise<Enrollment> =>
  payload.bondMode === "" ? payload : {...payload, workNonce: await findWork(workPrefix(payload))};

const bondLine = ({mode}: Bond, bondDust: bigint, sender: string): string =>
  mode === "upfront"
    ? `locks a bond of ${formatCell(bondDust)} CELL of ${sender}`
    : `locks nothing now: the first ${formatCell(bondDust)} CELL that it earns for ${sender} become its bond`;

/**
 * The order that enrolls `rig`.
 * @throws UsageError NODE_KEY_MISSING; DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH; RuleError as `checkEnrollable`
 */
export async function orderEnrollment(
  rig: Rig,
  {findWork, ...context}: EnrollmentContext & {readonly findWork: FindWork},
): Promise<Order> {
  const {nodeId, gpuUuid, nodeKey, bond} = rig;
  if (nodeKey === null)
    throw new UsageError("NODE_KEY_MISSING", "this chain wants the key that will sign the rig's proofs", {
      hint: "make one with qsdm keygen node, and pass --node-key-file",
    });
  const {terms, sender} = context;
  const {chainId, bondDust} = terms;
  const bondTerms = {bondDust, workPrefix: (payload: Enrollment) => boundBondPrefix(payload, chainId, sender)};
  const bare = payloadOf(rig, sender, bondTerms);
  await checkEnrollable(rig, context);
  const inner = await withWork(bare, bondTerms, findWork);
  const possession = nodeKey.sign(nodeKeyClaim(chainId, sender, nodeId, nodeKey.publicKey));
  return {
    contract: ENROLL_V3_CONTRACT,
    payload: strictEnrollment.encode({payload: enrollment.encode(inner), nodeKey: nodeKey.publicKey, possession}),
    summary: {node_id: nodeId, gpu_uuid: gpuUuid, ...bondSummary(inner), node_key_id: nodeKey.address},
    announcement: [
      `enroll ${nodeId} for GPU ${gpuUuid} on ${chainId}`,
      `${bondLine(bond, bondDust, sender)}; it comes back ${terms.unbondBlocks} blocks after the end`,
    ],
    question: null,
    submit: (client, body) => client.enroll({body}),
    checkWith: `qsdm enrollment-status ${nodeId}`,
  };
}

const bondSummary = ({stakeDust, bondMode, workNonce}: Enrollment) =>
  bondMode === ""
    ? {stake_dust: stakeDust, bond_mode: "upfront"}
    : {stake_dust: stakeDust, bond_mode: bondMode, work_nonce: workNonce};

/** The same for a node of QSDM. @throws DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH */
export async function referenceEnrollment(rig: Rig, sender: string, findWork: FindWork): Promise<ReferenceOrder> {
  const {nodeId, gpuUuid, bond} = rig;
  const terms = {bondDust: ENROLLMENT_BOND_DUST, workPrefix: deferredBondPrefix};
  const inner = await withWork(payloadOf(rig, sender, terms), terms, findWork);
  const payload = enrollment.encode(inner);
  return {
    payload,
    // As QSDM's client: who has nothing to lock yet has nothing to pay with either.
    feeDust: bond.mode === "upfront" ? REFERENCE_FEE_DUST : 0n,
    request: (head) => enrollmentRequest(payload, head),
    summary: {node_id: nodeId, gpu_uuid: gpuUuid, ...bondSummary(inner)},
    announcement: [`enroll ${nodeId} for GPU ${gpuUuid}`, bondLine(bond, ENROLLMENT_BOND_DUST, sender)],
    question: null,
    submit: (client, body) => client.enroll({body}),
    checkWith: `qsdm enrollment-status ${nodeId}`,
  };
}

/**
 * Refuses what a block would refuse for a fee.
 * @throws RuleError ENROLLMENT_NODE_ID_BOUND, ENROLLMENT_INSUFFICIENT_BALANCE
 */
async function checkEnrollable(
  {nodeId, bond}: Pick<Rig, "nodeId" | "bond">,
  {client, terms, sender}: EnrollmentContext,
): Promise<void> {
  const taken = await recordOf(nodeId, client);
  if (taken)
    throw new RuleError(
      "ENROLLMENT_NODE_ID_BOUND",
      `node id ${nodeId} is enrolled since height ${taken.enrolledAtHeight}`,
      {
        hint: taken.phase === "active" ? "choose another --node-id" : "wait until the old bond has been returned",
      },
    );
  const {balance} = await client.balance({address: sender});
  const bondDust = bond.mode === "upfront" ? (bond.stakeDust ?? terms.bondDust) : 0n;
  const neededDust = bondDust + terms.baseFeeDust;
  if (balance < neededDust)
    throw new RuleError(
      "ENROLLMENT_INSUFFICIENT_BALANCE",
      `bond and fee are ${formatCell(neededDust)} CELL, ${sender} has ${formatCell(balance)}`,
      {
        details: {balance_dust: balance, needed_dust: neededDust},
        ...(bondDust > 0n && balance >= terms.baseFeeDust
          ? {hint: "--bond-from-rewards locks nothing now, and takes the bond out of what the rig earns"}
          : {}),
      },
    );
}

async function recordOf(nodeId: string, client: Pick<Client, "enrollment">): Promise<EnrollmentView | null> {
  try {
    return await client.enrollment({nodeId});
  } catch (error) {
    if (error instanceof QsdmError && error.code === "ENROLLMENT_NOT_FOUND") return null;
    throw error;
  }
}
