/** Two ends of a handshake, with everything random derived from a name. */

import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {sha3, shake256} from "../../../../src/codecs/hash.js";
import type {VerifySignature} from "../../../../src/codecs/suite.js";
import {type Credentials, issueCertificate, peerIdOf} from "../../../../src/node/network/session/certificate.js";
import {
  CLIENT_RANDOM_BYTES,
  type HandshakeContext,
  type Kem,
  type Progress,
  SERVER_RANDOM_BYTES,
  startClient,
  startServer,
} from "../../../../src/node/network/session/handshake.js";
import {mlDsa44} from "../../../support/accounts.js";

export const NOW_MS = 1_800_000_000_000;
export const NETWORK = sha3(utf8("a chain"));

const known = new Map<string, boolean>();
/** True verification, once for each certificate. */
const verify: VerifySignature = (publicKey, message, signature) => {
  const key = hexOf(sha3(publicKey, message, signature));
  const valid = known.get(key) ?? mlDsa44.verify(publicKey, message, signature);
  known.set(key, valid);
  return valid;
};

export interface Party extends HandshakeContext {
  readonly name: string;
}

/** A node by its name. */
export function party(
  name: string,
  kem: Kem,
  change: Partial<HandshakeContext> & {certifiedAtMs?: number} = {},
): Party {
  const keys = mlDsa44.keygenFromSeed(sha3(utf8(`identity ${name}`)));
  const session = kem.keygen(shake256(utf8(`session key ${name}`), 64));
  const {certifiedAtMs: nowMs = NOW_MS, network = NETWORK} = change;
  const identity = {publicKey: keys.publicKey, sign: (message: Uint8Array) => mlDsa44.sign(keys.secretKey, message)};
  const credentials: Credentials = {
    id: peerIdOf(keys.publicKey),
    certificate: issueCertificate(identity, {network, kemKey: session.publicKey, nowMs}),
    kemSecretKey: session.secretKey,
  };
  return {name, kem, credentials, network, nowMs: NOW_MS, verify, admit: () => true, ...change};
}

export const clientOf = (client: Party, expected: string | null, run = 0): Progress =>
  startClient(client, expected, shake256(utf8(`client ${client.name} ${run}`), CLIENT_RANDOM_BYTES));
export const serverOf = (server: Party, run = 0): Progress =>
  startServer(server, shake256(utf8(`server ${server.name} ${run}`), SERVER_RANDOM_BYTES));

/** One message on its way: who sent it and waits for the answer, and who gets it. */
interface Step {
  readonly sender: Progress;
  readonly receiver: Progress;
  readonly message: Uint8Array;
}

/** Goes on from a step with another message in place of its own, which pure machines allow any number of times. */
export function resume({sender, receiver}: Step, message: Uint8Array) {
  return walk({...sender, send: message}, receiver);
}

/** Every message in order, each changed by `through`, and where the two ends stand then. */
export function shake(client: Progress, server: Progress, through = (message: Uint8Array, _turn: number) => message) {
  return walk(client, server, through);
}

function walk(first: Progress, second: Progress, through = (message: Uint8Array, _turn: number) => message) {
  const steps: Step[] = [];
  let [sender, receiver] = [first, second];
  for (let turn = 0; sender.send; turn++) {
    const message = through(sender.send, turn);
    steps.push({sender, receiver, message});
    [sender, receiver] = [receiver.receive!(message), sender];
  }
  return {steps, messages: steps.map(({message}) => message), ends: [sender, receiver] as const};
}
