/** Channels to parties of the roster: dialled until they stand, one for each, and found by who is at the other end. */
import {setTimeout as sleep} from "node:timers/promises";
import {hexOf} from "../../codecs/bytes.js";
import type {RosterService} from "../../codecs/quorum/strict/roster.js";
import type {Channel} from "../network/channel/channel.js";
import {dial, type EndpointPorts, parseAddress} from "../network/channel/endpoint.js";
import type {Log} from "../service.js";
import {type Handlers, Rpc} from "./rpc.js";

const LOOK_MS = 50;
const REDIAL_MS = 500;
const REDIAL_MAX_MS = 15_000;

export interface LinksOptions {
  readonly endpoint: EndpointPorts;
  readonly log: Log;
  /** What a party at that place may ask. */
  handlers(place: number): Handlers;
  up?(place: number): void;
  down?(place: number): void;
}

export class Links {
  readonly #links = new Map<number, Rpc>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #stopped = false;

  constructor(private readonly options: LinksOptions) {}

  get(place: number): Rpc | null {
    const link = this.#links.get(place);
    return link?.channel.open ? link : null;
  }

  /** Places of those that a channel stands to, ascending. */
  get live(): readonly number[] {
    return [...this.#links.keys()].filter((place) => this.get(place)).sort((a, b) => a - b);
  }

  /** Resolves when channels to all of `places` stand, or after `waitMs`: whoever just started is still dialling. */
  async standing(places: readonly number[], waitMs: number): Promise<void> {
    const endMs = performance.now() + waitMs;
    while (!this.#stopped && places.some((place) => !this.get(place)) && performance.now() < endMs)
      await sleep(LOOK_MS);
  }

  /** A channel that the other side opened takes the place of an older one. */
  adopt(place: number, channel: Channel): void {
    if (this.#stopped) return channel.close();
    this.#end(place);
    const rpc = new Rpc(channel, this.options.handlers(place));
    this.#links.set(place, rpc);
    this.options.log.info({place, peer: channel.peer.slice(0, 16)}, "a party is connected");
    this.options.up?.(place);
    void channel.closed.then(() => {
      if (this.#links.get(place) === rpc) this.#end(place);
    });
  }

  /** Whoever comes by the next channel may be another: what began over this one does not go on there. */
  #end(place: number): void {
    const link = this.#links.get(place);
    if (!link) return;
    this.#links.delete(place);
    link.channel.close();
    this.options.log.warn({place}, "a party is gone");
    this.options.down?.(place);
  }

  /** Keeps a channel to `service` at `place`. */
  keep(place: number, service: RosterService, delayMs = 0): void {
    if (this.#stopped) return;
    const again = (waitMs: number): void => this.keep(place, service, waitMs);
    this.#timers.set(
      place,
      setTimeout(() => {
        dial(parseAddress(service.address), hexOf(service.card.channelId), this.options.endpoint)
          .then((channel) => {
            this.adopt(place, channel);
            void channel.closed.then(() => again(REDIAL_MS));
          })
          .catch((error: unknown) => {
            this.options.log.debug({err: error, place}, "a party cannot be reached");
            again(Math.min(REDIAL_MAX_MS, Math.max(REDIAL_MS, 2 * delayMs)));
          });
      }, delayMs),
    );
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const {channel} of this.#links.values()) channel.close();
  }
}
