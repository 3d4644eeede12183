/** Whom this node lets in, and how many of one neighbourhood: bans, the operator's lists, and the places that there are. */
import {endpointOfMultiaddr} from "../address.js";
import type {NetworkOptions} from "../options.js";
import {Diversity, type DiversityRules, type Placed} from "../peers/diversity.js";
import type {Locate} from "../peers/prefix.js";
import {Reputation} from "../peers/reputation.js";
import type {PeerId} from "../port.js";
import type {NetworkPorts} from "../ports.js";
import type {Connections} from "./connections.js";

/** Places for validators above what anybody may take. */
export const VALIDATOR_PLACES = 32;

export interface Policy {
  readonly diversity: DiversityRules;
  readonly locate: Locate;
}

export interface GateParts {
  readonly policy: Policy;
  readonly connections: Connections;
}

export class Gate {
  readonly reputation = new Reputation();

  constructor(
    private readonly options: NetworkOptions,
    private readonly ports: Pick<NetworkPorts, "nowMs" | "validators" | "admits" | "metrics">,
    private readonly parts: GateParts,
  ) {}

  scoreOf(id: PeerId): number {
    return this.reputation.scoreOf(id);
  }

  /** Validators and peers that the operator named are kept whatever the places. */
  isKept(id: PeerId): boolean {
    return this.ports.validators().has(id) || this.options.peers.some((each) => each.id === id);
  }

  /** Whether a session with that peer may be. */
  admits(id: PeerId): boolean {
    if (this.options.revoked.includes(id) || this.reputation.isBanned(id, this.ports.nowMs())) return false;
    return (!this.options.closed || this.isKept(id)) && this.ports.admits(id);
  }

  /** Whether not even a validator has a place left. */
  isFull(): boolean {
    return this.#inbound() >= this.options.maxInbound + VALIDATOR_PLACES;
  }

  /** Whether a peer that came from `host` has no place. */
  refuses(id: PeerId, host: string): boolean {
    if (this.isKept(id)) return false;
    return this.#inbound() >= this.options.maxInbound || this.#isCrowded(host);
  }

  /** Where each connected peer is, and who chose it. */
  placed(): Placed[] {
    return [...this.parts.connections.all()].map(({connections}) => {
      const {host = ""} = endpointOfMultiaddr(connections[0]!.remoteAddr.toString()) ?? {};
      return {host, outbound: connections.some(({direction}) => direction === "outbound")};
    });
  }

  /** Whether that neighbourhood holds as many as it may. */
  #isCrowded(host: string): boolean {
    const {diversity, locate} = this.parts.policy;
    const refusal = new Diversity(diversity, locate, this.placed()).refusal({host, outbound: false});
    if (refusal !== null) this.ports.metrics.crowded(refusal);
    return refusal !== null;
  }

  #inbound(): number {
    const states = this.parts.connections.states((id) => this.scoreOf(id));
    return states.filter(({direction}) => direction === "inbound").length;
  }
}
