/** Bringing a capsule to the chain: in an envelope of ours, or as QSDM's signed action where the node takes only that. */
import {setTimeout as sleep} from "node:timers/promises";
import {hexOf} from "../../../codecs/bytes.js";
import {CAPSULE_CONTRACT} from "../../../codecs/chain/capsule.js";
import {type Capsule, type CapsuleAction, capsuleAction, capsuleSubmission} from "../../../codecs/envelopes/actions.js";
import {QsdmError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";
import type {Signer} from "../../../node/keys/signer.js";
import {formatDuration} from "../../flags.js";
import type {Host} from "../../host.js";
import type {Io} from "../../io.js";
import {carryOut, DEFAULT_WRITE_FLAGS, type Order} from "../../submit.js";
import {signatureMembers} from "../sign-document.js";
import {capsuleFrom} from "./capsule.js";

/** What a registration is made of. */
export interface Registering {
  readonly client: Client;
  readonly signer: Signer;
  readonly capsule: Capsule;
  readonly feeDust: bigint | undefined;
  /** How long to wait for the block. */
  readonly timeoutMs: number;
}

const ID_BYTES = 16;
const POLL_MS = 750;

/** Whether a block took it within the time. @throws what the node and the ledger refuse */
export async function registerCapsule(io: Io, registering: Registering): Promise<boolean> {
  const {client, signer, capsule, feeDust: fee, timeoutMs: waitTimeout} = registering;
  const status = await client.status();
  if (!status.qsdm?.envelopeVersions.includes(3)) return registerAtReference(io, registering);
  const action = actionOf(capsule, io.host, 0n);
  const wallet = {sender: signer.address, unlock: async () => signer};
  const flags = {...DEFAULT_WRITE_FLAGS, ...(fee === undefined ? {} : {fee}), wait: true, waitTimeout};
  return (await carryOut(io, flags, {build: async () => orderOf(action), client, wallet, status})).final;
}

/** Under an envelope of ours, which says the nonce, the action leaves it at 0. */
function actionOf(capsule: Capsule, host: Pick<Host, "now" | "randomBytes">, nonce: bigint): CapsuleAction {
  const {address: sender, locator} = capsule;
  const id = `register-${hexOf(host.randomBytes(ID_BYTES))}`;
  return {id, sender, action: "register", locator, capsule, nonce, timestamp: new Date(host.now()).toISOString()};
}

const orderOf = (action: CapsuleAction): Order => ({
  contract: CAPSULE_CONTRACT,
  payload: capsuleAction.encode(action),
  summary: {locator: action.locator},
  announcement: [`register the recovery capsule of ${action.sender} at ${action.locator}, in place of any before it`],
  question: null,
  submit: (node, body) => node.submit({body}),
  checkWith: `qsdm wallet recovery show --locator ${action.locator}`,
});

async function registerAtReference(io: Io, {client, signer, capsule, timeoutMs}: Registering): Promise<boolean> {
  const {actionNonce} = await client.capsuleNonce({sender: signer.address});
  const action = actionOf(capsule, io.host, actionNonce);
  const body = capsuleSubmission.encode({action, ...signatureMembers(signer, capsuleAction.encode(action))});
  await client.submitCapsule({body});
  io.note(`submitted ${action.id}; waiting up to ${formatDuration(timeoutMs)} for a block to take it`);
  const deadline = performance.now() + timeoutMs;
  while (!(await isRegistered(client, action))) {
    if (performance.now() + POLL_MS > deadline) return false;
    await sleep(POLL_MS, undefined, {signal: io.signal});
  }
  return true;
}

async function isRegistered(client: Client, {id, locator}: CapsuleAction): Promise<boolean> {
  try {
    return (await capsuleFrom(client, locator)).actionId === id;
  } catch (error) {
    if (error instanceof QsdmError && error.code === "CAPSULE_NOT_FOUND") return false;
    throw error;
  }
}
