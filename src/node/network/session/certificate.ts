/** Who a node is: its identity key, and the certificate under it for the key that others encapsulate to. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {type PeerCertificate, peerCertificate, signedPeerCertificate} from "../../../codecs/network/session.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import type {PeerId} from "../port.js";

/** How far two clocks may be apart. */
export const CLOCK_SKEW_MS = 10 * 60_000;
/** Longest life of a certificate: a stolen session key is worthless after it. */
export const CERTIFICATE_LIFE_MS = 24 * 3_600_000;

export const peerIdOf = (identityKey: Uint8Array): PeerId => hexOf(sha3(identityKey));

/** What a node shows and what it answers with. Made anew at every start and twice in a certificate's life. */
export interface Credentials {
  readonly id: PeerId;
  /** A signed certificate. */
  readonly certificate: Uint8Array;
  readonly kemSecretKey: Uint8Array;
}

/** Whoever signs with the identity key. */
export interface Identity {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function issueCertificate(
  identity: Identity,
  {network, kemKey, nowMs}: {readonly network: Uint8Array; readonly kemKey: Uint8Array; readonly nowMs: number},
): Uint8Array {
  const content = peerCertificate.encode({
    network,
    identityKey: identity.publicKey,
    kemKey,
    notBeforeMs: BigInt(nowMs),
    notAfterMs: BigInt(nowMs + CERTIFICATE_LIFE_MS),
  });
  return signedPeerCertificate.encode({content, signature: identity.sign(content)});
}

export interface CertificateRules {
  readonly network: Uint8Array;
  readonly nowMs: number;
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
}

/** @throws DecodeError; RuleError SESSION_CERTIFICATE_INVALID */
export function checkPeerCertificate(
  bytes: Uint8Array,
  {network, nowMs, verify}: CertificateRules,
): PeerCertificate & {readonly id: PeerId} {
  const {content, signature} = signedPeerCertificate.decode(bytes);
  const certificate = peerCertificate.decode(content);
  const {notBeforeMs, notAfterMs, identityKey} = certificate;
  const refuse = (why: string): never => {
    throw new RuleError("SESSION_CERTIFICATE_INVALID", `the peer's certificate ${why}`);
  };
  if (!equalBytes(certificate.network, network)) refuse("is for another chain");
  if (notAfterMs < notBeforeMs || notAfterMs - notBeforeMs > BigInt(CERTIFICATE_LIFE_MS)) refuse("lives too long");
  if (BigInt(nowMs + CLOCK_SKEW_MS) < notBeforeMs) refuse("is from the future");
  if (BigInt(nowMs - CLOCK_SKEW_MS) > notAfterMs) refuse("has expired");
  if (!verify(identityKey, content, signature)) refuse("is not signed by its identity");
  return {...certificate, id: peerIdOf(identityKey)};
}
