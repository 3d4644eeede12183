/** Custodians, a coordinator and clients of the strict profile, on loopback, in this process. */

import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {plain} from "../../src/codecs/bytes.js";
import type {AttestationPolicy} from "../../src/codecs/quorum/strict/attestation-policy.js";
import {
  type Roster,
  roster,
  rosterDigest,
  type SignedRoster,
  succession,
} from "../../src/codecs/quorum/strict/roster.js";
import {sign} from "../../src/codecs/quorum/strict/statement.js";
import {freePorts} from "../../src/commands/devnet/free-ports.js";
import type {AttestationDriver} from "../../src/node/custody/attestation/driver.js";
import type {StrictClient} from "../../src/node/custody/client.js";
import {Party} from "../../src/node/custody/party.js";
import {Members} from "../../src/node/quorum/strict/members.js";
import type {QuorumLedgerOptions} from "../../src/node/quorum-ledger.js";
import {
  connectStrict,
  loadPartySuite,
  type MeasuredService,
  startStrictCoordinator,
  startStrictCustodian,
} from "../../src/node/quorum-strict.js";

export const random = (size: number): Uint8Array => plain(globalThis.crypto.getRandomValues(new Uint8Array(size)));
/** Tests ask for checkpoints themselves. */
const NEVER_MS = 2 ** 31 - 1;
const SILENT = {debug() {}, info() {}, warn() {}, error() {}};
export const LOG = process.env.QUORUM_LOG ? {...SILENT, warn: console.error, error: console.error} : SILENT;

export interface Keys {
  readonly custodians: readonly Uint8Array[];
  /** Of the first. */
  readonly coordinator: Uint8Array;
  readonly coordinators: readonly Uint8Array[];
  readonly clients: readonly Uint8Array[];
}

export interface Shape {
  readonly n: number;
  readonly k: number;
  readonly roundMs?: number;
  /** The quorum whose roster this one follows, and places of its custodians that agree. */
  readonly after?: StrictQuorum | null;
  readonly agreed?: readonly number[];
  /** Who runs a party, by its name. */
  readonly organisations?: Readonly<Record<string, string>>;
  readonly approvalOrganisations?: number;
  readonly coordinators?: number;
  /** How often coordinators look whether stock is short; never, unless said. */
  readonly standbyMs?: number;
  readonly attestation?: AttestationPolicy;
}

const CLIENTS = ["alice", "bob"];
const coordinatorName = (at: number): string => (at === 0 ? "coordinator" : `coordinator-${at}`);

export class StrictQuorum {
  readonly custodians: (MeasuredService | null)[] = [];
  readonly coordinators: (MeasuredService | null)[] = [];
  /** What shows the machines of custodians, by place. */
  readonly drivers: AttestationDriver[] = [];

  private constructor(
    readonly folder: string,
    readonly keys: Keys,
    readonly roster: SignedRoster,
    readonly members: Members,
    readonly parties: {readonly custodians: readonly Party[]; readonly clients: readonly Party[]},
    private readonly times: {readonly roundMs: number; readonly standbyMs: number},
  ) {}

  static async create({n, k, roundMs = 5_000, after = null, agreed = [], ...shape}: Shape): Promise<StrictQuorum> {
    const {organisations = {}, approvalOrganisations = 1, coordinators: many = 1, standbyMs = NEVER_MS} = shape;
    const organisation = (name: string): string => organisations[name] ?? "";
    const folder = await mkdtemp(join(tmpdir(), "qsdm-strict-"));
    const suite = await loadPartySuite();
    const seeds = (count: number): Uint8Array[] => Array.from({length: count}, () => random(32));
    const coordinators = seeds(many);
    const clients = after?.keys.clients ?? seeds(2);
    const keys = {custodians: seeds(n), coordinator: coordinators[0]!, coordinators, clients};
    const party = (seed: Uint8Array): Party => new Party(seed, suite);
    const parties = {custodians: keys.custodians.map(party), clients: keys.clients.map(party)};
    const ports = await freePorts(n + many);
    const address = (at: number): string => `127.0.0.1:${ports[at]}`;
    const content: Roster = {
      quorum: after?.roster.content.quorum ?? random(32),
      epoch: (after?.roster.content.epoch ?? 0) + 1,
      previous: after?.members.digest ?? null,
      threshold: k,
      approvalOrganisations,
      attestation: shape.attestation ?? null,
      custodians: parties.custodians.map((each, at) => ({
        card: each.card(`custodian-${at}`),
        address: address(at),
        organisation: organisation(`custodian-${at}`),
      })),
      coordinators: coordinators.map((seed, at) => ({
        card: party(seed).card(coordinatorName(at)),
        address: address(n + at),
        organisation: organisation(coordinatorName(at)),
      })),
      clients: parties.clients.map((each, at) => ({
        card: each.card(CLIENTS[at]!),
        organisation: organisation(CLIENTS[at]!),
      })),
    };
    const bytes = roster.encode(content);
    const signatures = parties.custodians.map((each, place) => ({place, signature: each.sign(bytes)}));
    const to = rosterDigest(content);
    const approvals = agreed.map((custodian) =>
      sign(succession, {from: after!.members.digest, to, custodian}, (message) =>
        after!.parties.custodians[custodian]!.sign(message),
      ),
    );
    const signed = {content, signatures, approvals};
    const members = Members.of(signed, suite.statements.verify);
    return new StrictQuorum(folder, keys, signed, members, parties, {roundMs, standbyMs});
  }

  async start(): Promise<void> {
    for (let place = 0; place < this.members.n; place++) await this.startCustodian(place);
    for (const at of this.keys.coordinators.keys()) await this.startCoordinator(at);
    for (const at of this.keys.coordinators.keys()) await this.settled(this.members.n, at);
  }

  /** The first. */
  get coordinator(): MeasuredService | null {
    return this.coordinators[0] ?? null;
  }

  async startCoordinator(at = 0): Promise<void> {
    this.coordinators[at] = await startStrictCoordinator({
      ...this.options(coordinatorName(at)),
      seed: this.keys.coordinators[at]!,
      checkpointMs: NEVER_MS,
      lowWater: {triple: 64, mask: 16},
      standbyMs: this.times.standbyMs,
    });
  }

  async startCustodian(place: number, ledger: QuorumLedgerOptions | null = null): Promise<void> {
    this.custodians[place] = await startStrictCustodian({
      driver: this.drivers[place] ?? null,
      ...this.options(`custodian-${place}`),
      seed: this.keys.custodians[place]!,
      ledger,
    });
  }

  async stopCoordinator(at: number): Promise<void> {
    await this.coordinators[at]?.stop();
    this.coordinators[at] = null;
  }

  async stopCustodian(place: number): Promise<void> {
    await this.custodians[place]?.stop();
    this.custodians[place] = null;
  }

  options(name: string) {
    return {roster: this.roster, dataDir: join(this.folder, name), listen: null, roundMs: this.times.roundMs, log: LOG};
  }

  /** Waits until a coordinator has channels to `count` custodians, and they to each other. */
  async settled(count: number, coordinator = 0): Promise<void> {
    const client = await this.client(0, coordinator);
    try {
      for (let tries = 0; tries < 1_200; tries++) {
        const {statuses} = await client.call("custodians", {});
        if (statuses.filter((each) => each !== null).length === count) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      // Channels between custodians are dialled at the same time as the coordinator's.
      await new Promise((resolve) => setTimeout(resolve, 300));
    } finally {
      client.close();
    }
  }

  /** @param coordinator the one that is asked; whichever can be reached, unless said */
  client(at: number, coordinator?: number): Promise<StrictClient> {
    return this.#connect(this.keys.clients[at]!, coordinator);
  }

  operator(place: number, coordinator?: number): Promise<StrictClient> {
    return this.#connect(this.keys.custodians[place]!, coordinator);
  }

  #connect(seed: Uint8Array, coordinator?: number): Promise<StrictClient> {
    const named = coordinator === undefined ? null : coordinatorName(coordinator);
    return connectStrict({seed, roster: this.roster, coordinator: named}, 60_000);
  }

  async stop(): Promise<void> {
    for (const each of this.coordinators) await each?.stop();
    for (const each of this.custodians) await each?.stop();
    await rm(this.folder, {recursive: true, force: true});
  }
}
