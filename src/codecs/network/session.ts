/**
 * Messages of the session handshake, version 3 (docs/decisions/0061-sessions.md), each framed by its length as two
 * bytes, big endian. Sealed fields are ChaCha20-Poly1305 with the tag at the end.
 */
import {blob, type FieldValue, fixed, list, record, text, u64, word} from "../cbor/record.js";
import {ML_DSA_44, ML_KEM_768} from "../suite.js";

/** Longest message of a handshake, and so the most that a stranger can make a node buffer. */
export const HANDSHAKE_MAX_BYTES = 16 * 1024;
export const AEAD_TAG_BYTES = 16;
export const MAC_BYTES = 32;
/** X25519 beside ML-KEM: the session stays secret while one of the two does. */
export const EXCHANGE_KEY_BYTES = 32;

/** What a node signs with its identity key: the key that others encapsulate to, on one chain, for a time. */
export const peerCertificate = record("qsdm/peer-certificate/v1", {
  /** Digest of the genesis: a certificate of one chain says nothing on another. */
  network: fixed(32),
  /** ML-DSA-44. */
  identityKey: fixed(ML_DSA_44.publicKeyBytes),
  /** ML-KEM-768. */
  kemKey: fixed(ML_KEM_768.publicKeyBytes),
  /** Milliseconds since 1970, both included. */
  notBeforeMs: u64,
  notAfterMs: u64,
});
export type PeerCertificate = FieldValue<typeof peerCertificate>;

export const signedPeerCertificate = record("qsdm/signed-peer-certificate/v1", {
  /** The certificate's bytes, which are what is signed. */
  content: blob({min: 1, max: 4_096}),
  signature: fixed(ML_DSA_44.signatureBytes),
});

const sealed = (bytes: number) => fixed(bytes + AEAD_TAG_BYTES);
const sealedCertificate = blob({min: AEAD_TAG_BYTES, max: 8_192});

/** Client to server. */
export const hello = record("qsdm/session/hello/v3", {
  /** Every session protocol that the client speaks, so that nobody can take the better ones out unseen. */
  offers: list(text({minBytes: 1, maxBytes: 64}), 8),
  network: fixed(32),
  random: fixed(32),
  /** Of this session alone. */
  kemKey: fixed(ML_KEM_768.publicKeyBytes),
  exchangeKey: fixed(EXCHANGE_KEY_BYTES),
});
export type Hello = FieldValue<typeof hello>;

/** Server to client. */
export const accept = record("qsdm/session/accept/v3", {
  random: fixed(32),
  ciphertext: fixed(ML_KEM_768.ciphertextBytes),
  exchangeKey: fixed(EXCHANGE_KEY_BYTES),
  certificate: sealedCertificate,
});

/** Client to server: encapsulates to the server's certified key, and tells who the client is. */
export const auth = record("qsdm/session/auth/v3", {
  ciphertext: sealed(ML_KEM_768.ciphertextBytes),
  certificate: sealedCertificate,
});

/** Server to client: encapsulates to the client's certified key; the MAC proves the server. */
export const confirm = record("qsdm/session/confirm/v3", {
  ciphertext: sealed(ML_KEM_768.ciphertextBytes),
  mac: fixed(MAC_BYTES),
});

/** Client to server: the MAC proves the client. */
export const finish = record("qsdm/session/finish/v3", {mac: fixed(MAC_BYTES)});

/** In place of an accept, so that the other side's log names the cause. Nothing proves it, and all it does is end. */
export const refuse = record("qsdm/session/refuse/v3", {why: word("network", "downgrade")});
export type RefuseReason = FieldValue<typeof refuse>["why"];
