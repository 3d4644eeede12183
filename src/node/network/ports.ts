/** What the network needs of the node. */
import type {VerifySignature} from "../../codecs/suite.js";
import type {Log} from "../service.js";
import type {Channel, PeerId, Verdict} from "./port.js";
import type {Identity} from "./session/certificate.js";
import type {Kem} from "./session/handshake.js";

export interface NetworkPorts {
  readonly identity: Identity;
  /** Digest of the genesis. */
  readonly network: Uint8Array;
  readonly kem: Kem;
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
  /** Milliseconds since 1970. */
  nowMs(): number;
  randomBytes(size: number): Uint8Array;
  readonly log: Log;
  /** What this node calls itself. */
  readonly agent: string;
  /** File of the address book. */
  readonly bookPath: string;
  /** Who votes on this chain now. */
  validators(): ReadonlySet<PeerId>;
  /** The operator's own condition for a session. */
  admits(id: PeerId): boolean;
  readonly metrics: NetworkMeter;
}

/** What is counted. */
export interface NetworkMeter {
  sent(channel: Channel, bytes: number): void;
  dropped(channel: Channel, count: number): void;
  received(channel: Channel, verdict: Verdict, bytes: number): void;
  handshake(ok: boolean): void;
  /** A peer was refused because its neighbourhood is full. */
  crowded(reason: string): void;
}
