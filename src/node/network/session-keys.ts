/** The key that others encapsulate to: made at the start, in memory alone, and again twice in a certificate's life. */

import {ML_KEM_768} from "../../codecs/suite.js";
import type {PeerId} from "./port.js";
import type {NetworkPorts} from "./ports.js";
import {CERTIFICATE_LIFE_MS, type Credentials, issueCertificate, peerIdOf} from "./session/certificate.js";
import type {HandshakeContext} from "./session/handshake.js";

type Ports = Pick<NetworkPorts, "identity" | "network" | "kem" | "verify" | "nowMs" | "randomBytes">;

export class SessionKeys {
  readonly id: PeerId;
  #credentials: Credentials;
  #sinceMs: number;

  constructor(private readonly ports: Ports) {
    this.id = peerIdOf(ports.identity.publicKey);
    this.#sinceMs = ports.nowMs();
    this.#credentials = this.#issue();
  }

  /** What a handshake that begins now needs. */
  context(admit: (id: PeerId) => boolean): HandshakeContext {
    const {network, kem, verify, nowMs} = this.ports;
    return {network, kem, verify, nowMs: nowMs(), credentials: this.#credentials, admit};
  }

  renew(): void {
    const nowMs = this.ports.nowMs();
    // A clock that was set back counts as well: the certificate would be from the future.
    if (Math.abs(nowMs - this.#sinceMs) < CERTIFICATE_LIFE_MS / 2) return;
    this.#sinceMs = nowMs;
    this.#credentials = this.#issue();
  }

  #issue(): Credentials {
    const {identity, network, kem, randomBytes} = this.ports;
    const {publicKey: kemKey, secretKey: kemSecretKey} = kem.keygen(randomBytes(ML_KEM_768.keygenSeedBytes));
    const certificate = issueCertificate(identity, {network, kemKey, nowMs: this.#sinceMs});
    return {id: this.id, certificate, kemSecretKey};
  }
}
