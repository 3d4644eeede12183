/**
 * The coordinators of a roster, for somebody who trusts none of them and needs one: where one cannot be reached, or cannot reach
 * custodians, what was signed goes to the next.
 */
import {hexOf} from "../../codecs/bytes.js";
import type {RosterService} from "../../codecs/quorum/strict/roster.js";
import {RuleError, UnavailableError, UsageError} from "../../errors.js";
import {dial, type EndpointPorts, parseAddress} from "../network/channel/endpoint.js";
import {type MethodName, Rpc} from "./rpc.js";

/** What any coordinator answers alike, and what may come twice. A log, and what a rotation hands over, is one coordinator's. */
const ANYWHERE: ReadonlySet<MethodName> = new Set([
  "deploy",
  "approve",
  "suspend",
  "program",
  "masks",
  "evaluate",
  "custodians",
  "attest",
]);

export interface CoordinatorsPorts {
  readonly endpoint: EndpointPorts;
  readonly coordinators: readonly RosterService[];
  readonly timeoutMs: number;
}

const REFUSING = {
  async call(): Promise<never> {
    throw new RuleError("METHOD_REFUSED", "a client answers nothing");
  },
  bug: () => undefined,
};

/** Those of a roster, or the one of them with that name. @throws UsageError COORDINATOR_UNKNOWN */
export function coordinatorsNamed(all: readonly RosterService[], name: string | null): readonly RosterService[] {
  if (name === null) return all;
  const named = all.filter(({card}) => card.name === name);
  if (named.length > 0) return named;
  throw new UsageError("COORDINATOR_UNKNOWN", `no coordinator of the roster is called ${name}`, {
    hint: `it has ${all.map(({card}) => card.name).join(", ")}`,
  });
}

export class Coordinators {
  /** By place among those that may be asked. */
  readonly #links = new Map<number, Promise<Rpc>>();
  #current = 0;
  #closed = false;

  private constructor(private readonly ports: CoordinatorsPorts) {}

  /** With a channel to the first that can be reached. @throws UnavailableError PEER_UNREACHABLE */
  static async connect(ports: CoordinatorsPorts): Promise<Coordinators> {
    const coordinators = new Coordinators(ports);
    await coordinators.#anywhere((at) => coordinators.#link(at));
    return coordinators;
  }

  /** The one that was last reached. */
  get current(): RosterService {
    return this.ports.coordinators[this.#current]!;
  }

  /**
   * @param bodyOf what is asked: of the first, or of another after it
   * @throws what the coordinator refuses with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT
   */
  call(method: MethodName, bodyOf: (again: boolean) => Uint8Array): Promise<Uint8Array> {
    const ask = async (at: number, again: boolean): Promise<Uint8Array> =>
      (await this.#link(at)).call(method, bodyOf(again), this.ports.timeoutMs);
    return ANYWHERE.has(method) ? this.#anywhere(ask) : ask(this.#current, false);
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.then((rpc) => rpc.channel.close()).catch(() => undefined);
  }

  /** At the present one, then at each other. Nobody is asked twice. */
  async #anywhere<T>(ask: (at: number, again: boolean) => Promise<T>): Promise<T> {
    const {length} = this.ports.coordinators;
    const from = this.#current;
    let failed: unknown = new UnavailableError("PEER_UNREACHABLE", "the roster has no coordinator");
    for (let tried = 0; tried < length && !this.#closed; tried++) {
      const at = (from + tried) % length;
      try {
        const answer = await ask(at, tried > 0);
        this.#current = at;
        return answer;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        failed = error;
      }
    }
    throw failed;
  }

  /** One channel to each, dialled again where it ended. */
  async #link(at: number): Promise<Rpc> {
    const before = this.#links.get(at);
    const known = await before?.catch(() => null);
    if (known?.channel.open) return known;
    if (this.#links.get(at) === before) this.#links.delete(at);
    const {card, address} = this.ports.coordinators[at]!;
    const dialled =
      this.#links.get(at) ??
      dial(parseAddress(address), hexOf(card.channelId), this.ports.endpoint).then((channel) => {
        if (this.#closed) channel.close();
        return new Rpc(channel, REFUSING);
      });
    this.#links.set(at, dialled);
    return dialled;
  }
}
