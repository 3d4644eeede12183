/** One party's keys, all derived from one seed, and what is done with them. */
import {concat, hexOf, utf8} from "../../codecs/bytes.js";
import {hmacSha3, sha3, shake256} from "../../codecs/hash.js";
import {MESSAGE_MAX_BYTES} from "../../codecs/quorum/strict/calls.js";
import type {Card} from "../../codecs/quorum/strict/roster.js";
import type {Box} from "../../codecs/quorum/strict/statements.js";
import {ML_DSA_SEED_BYTES, ML_KEM_768, type VerifySignature} from "../../codecs/suite.js";
import {DecodeError} from "../../errors.js";
import type {KemKeyPair, MlKem} from "../compute/ml-kem.js";
import {createSigner, type SignatureScheme, type Signer, signerOfSeed} from "../keys/signer.js";
import type {EndpointPorts} from "../network/channel/endpoint.js";
import {open, seal} from "../network/session/aead.js";
import {SessionKeys} from "../network/session-keys.js";
import type {Members} from "../quorum/strict/members.js";

export interface PartySuite {
  /** ML-DSA-87. */
  readonly statements: HoldingScheme;
  /** ML-DSA-44. */
  readonly sessions: SignatureScheme;
  readonly kem: MlKem;
  randomBytes(size: number): Uint8Array;
  nowMs(): number;
}

/** A box's key is used once, so its nonce never changes. */
const NONCE = new Uint8Array(12);

/** A scheme that takes a secret key in once for many signatures: that takes nearly as long as signing. */
export interface HoldingScheme extends SignatureScheme {
  hold(secretKey: Uint8Array): {sign(message: Uint8Array): Uint8Array};
}

function heldSigner(scheme: HoldingScheme, seed: Uint8Array): Signer {
  const keys = scheme.keygenFromSeed(seed);
  const held = scheme.hold(keys.secretKey);
  return createSigner({...scheme, sign: (_, message) => held.sign(message)}, keys);
}

export class Party {
  readonly #signer: Signer;
  readonly #channel: Signer;
  readonly #sealing: KemKeyPair;

  constructor(
    seed: Uint8Array,
    readonly suite: PartySuite,
  ) {
    this.#signer = heldSigner(suite.statements, seed);
    this.#channel = signerOfSeed(suite.sessions, derived(seed, "channel", ML_DSA_SEED_BYTES));
    this.#sealing = suite.kem.keygen(derived(seed, "sealing", ML_KEM_768.keygenSeedBytes));
  }

  get signingKey(): Uint8Array {
    return this.#signer.publicKey;
  }

  get verify(): VerifySignature {
    return this.suite.statements.verify;
  }

  card(name: string): Card {
    return {
      name,
      signingKey: this.#signer.publicKey,
      channelId: sha3(this.#channel.publicKey),
      sealingKey: this.#sealing.publicKey,
    };
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#signer.sign(message);
  }

  /** Opens what was sealed to this party's own key. @throws DecodeError BOX_INVALID */
  unseal(box: Box, bound: Uint8Array): Uint8Array {
    return unseal(this.suite.kem, this.#sealing.secretKey, {box, bound});
  }

  /** Sessions with members of one roster alone. Another roster is another network, so the two never meet. */
  endpoint(members: Members, refused: (error: unknown) => void): EndpointPorts {
    const {kem, sessions, nowMs, randomBytes} = this.suite;
    const keys = new SessionKeys({
      identity: this.#channel,
      network: members.digest,
      kem,
      verify: sessions.verify,
      nowMs,
      randomBytes,
    });
    return {
      maxMessageBytes: MESSAGE_MAX_BYTES,
      nowMs,
      randomBytes,
      refused,
      context() {
        keys.renew();
        return keys.context((id) => members.byChannel(id) !== null);
      },
    };
  }
}

const derived = (seed: Uint8Array, purpose: string, size: number): Uint8Array =>
  shake256(concat(utf8(`qvm/identity/${purpose}/1`), seed), size);

/** @param bound what the box belongs to */
export function sealTo(
  {kem, randomBytes}: Pick<PartySuite, "kem" | "randomBytes">,
  publicKey: Uint8Array,
  {plaintext, bound}: {readonly plaintext: Uint8Array; readonly bound: Uint8Array},
): Box {
  const {ciphertext, secret} = kem.encapsulate(publicKey, randomBytes(ML_KEM_768.encapsulationSeedBytes));
  return {ciphertext, sealed: seal(boxKey(secret, ciphertext), NONCE, plaintext, bound)};
}

/** @throws DecodeError BOX_INVALID */
export function unseal(
  kem: MlKem,
  secretKey: Uint8Array,
  {box: {ciphertext, sealed}, bound}: {readonly box: Box; readonly bound: Uint8Array},
): Uint8Array {
  const plaintext = open(boxKey(kem.decapsulate(ciphertext, secretKey), ciphertext), NONCE, sealed, bound);
  if (plaintext) return plaintext;
  throw new DecodeError("BOX_INVALID", "a sealed message does not open: it is for another key, or was changed");
}

const boxKey = (secret: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hmacSha3(secret, utf8("qvm/box/1"), ciphertext);

/** For messages. */
export const shortOf = (digest: Uint8Array): string => hexOf(digest).slice(0, 16);
