/** The keys as a part of the node: what it is known by, what it votes with, and how it checks everybody else. */
import {equalBytes, hexOf} from "../codecs/bytes.js";
import {sha256} from "../codecs/hash.js";
import type {VerifySignature} from "../codecs/suite.js";
import type {Chain} from "./chain.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import type {ComputePool} from "./compute/pool.js";
import type {DataDir} from "./data-dir.js";
import type {ValidatorVoice} from "./engine/ports.js";
import {SignedFile} from "./keys/signed-file.js";
import {VoteSigner} from "./keys/vote-signer.js";
import type {Identity} from "./network/session/certificate.js";
import {rememberValid} from "./signature-cache.js";
import {SignatureDesk} from "./signature-desk.js";

/** The node's voice, and the checks of everybody's signatures. */
export interface NodeKeys {
  /** What other nodes know this one by: its own key, with which a validator votes. */
  readonly identity: Identity;
  /** Whether it counts is for each epoch to say: the node of a key that is no voter's follows. */
  readonly voice: ValidatorVoice;
  readonly signed: SignedFile;
  readonly verifyVote: VerifySignature;
  readonly verifyTransaction: VerifySignature;
  readonly signatures: SignatureDesk;
  /** What the node calls itself: the start of its key's digest. */
  readonly nodeId: string;
}

export async function loadKeys({validatorSeed, signedPath}: DataDir, pool: ComputePool | null): Promise<NodeKeys> {
  const signatures = new SignatureDesk((await loadMlDsa(87)).verify, pool);
  const votes = await loadMlDsa(44);
  const {publicKey, secretKey} = votes.keygenFromSeed(validatorSeed);
  const key = votes.hold(secretKey);
  secretKey.fill(0);
  const signed = SignedFile.open(signedPath);
  return {
    identity: {publicKey, sign: key.sign},
    signatures,
    verifyTransaction: signatures.verify,
    verifyVote: rememberValid(votes.verify),
    voice: new VoteSigner(publicKey, key.sign, signed),
    signed,
    nodeId: hexOf(sha256(publicKey)).slice(0, 16),
  };
}

export type NodeRole = "validator" | "follower";
/** What this node is in the epoch of the next block. */
export const roleOf = ({voice}: NodeKeys, {committee}: Pick<Chain, "committee">): NodeRole =>
  committee.voters.some(({publicKey}) => equalBytes(publicKey, voice.publicKey)) ? "validator" : "follower";
