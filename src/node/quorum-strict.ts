/** Processes of the strict profile: keys, state machine, store, channels. */
import {randomBytes} from "node:crypto";
import type {Registry} from "prom-client";
import {plain} from "../codecs/bytes.js";
import type {SignedRoster} from "../codecs/quorum/strict/roster.js";
import {RuleError} from "../errors.js";
import {loadBackend} from "./compute/backend.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {loadMlKem} from "./compute/ml-kem.js";
import type {AttestationDriver} from "./custody/attestation/driver.js";
import {AuditDesk} from "./custody/audit-desk.js";
import {StrictClient} from "./custody/client.js";
import {StrictCoordinator} from "./custody/coordinator-service.js";
import {CustodianCalls} from "./custody/custodian-calls.js";
import {CustodianService} from "./custody/custodian-service.js";
import {Links} from "./custody/links.js";
import {coordinatorPages, type Pages} from "./custody/pages.js";
import {Party, type PartySuite, sealTo} from "./custody/party.js";
import {Rpc} from "./custody/rpc.js";
import type {LowWater} from "./custody/stock-keeper.js";
import {coordinatorRegistry, custodianRegistry} from "./metrics/quorum.js";
import {type Address, Listener, parseAddress} from "./network/channel/endpoint.js";
import {AuditLog} from "./quorum/audit/log.js";
import {Witness} from "./quorum/audit/witness.js";
import {StrictCustodian} from "./quorum/strict/custodian.js";
import {keepRoster, type RosterStore} from "./quorum/strict/kept-roster.js";
import {Members, type Role} from "./quorum/strict/members.js";
import {NO_LEDGER} from "./quorum/strict/stake.js";
import type {StockKind} from "./quorum/strict/store.js";
import {openStakeDesk, type QuorumLedgerOptions} from "./quorum-ledger.js";
import {quorumDatabase, type RunningService} from "./quorum-services.js";
import type {Log} from "./service.js";
import {SqliteAuditLogStore, SqliteWitnessStore} from "./storage/quorum/audit-store.js";
import {SqliteStrictCoordinatorStore} from "./storage/quorum/strict-coordinator-store.js";
import {SqliteStrictStore} from "./storage/quorum/strict-custodian-store.js";

export interface StrictOptions {
  readonly seed: Uint8Array;
  readonly roster: SignedRoster;
}

export interface StrictProcessOptions extends StrictOptions {
  readonly dataDir: string;
  /** Where to listen, when it is not where the roster says. */
  readonly listen: Address | null;
  readonly roundMs: number;
  readonly log: Log;
}

export interface StrictCustodianOptions extends StrictProcessOptions {
  /** What shows this machine to others; needed where the roster demands attestation. */
  readonly driver?: AttestationDriver | null;
  /** Where stakes of clients are asked for; null refuses programs that ask for one. */
  readonly ledger?: QuorumLedgerOptions | null;
}

const STANDBY_MS = 30_000;

/** A service with its figures for Prometheus. */
export interface MeasuredService extends RunningService {
  readonly registry: Registry;
  /** What it tells probes, by path. */
  readonly pages: Pages;
}

/** The suite of this machine. */
export const loadPartySuite = async (): Promise<PartySuite> => ({
  statements: await loadMlDsa(87, "many"),
  sessions: await loadMlDsa(44, "few"),
  kem: await loadMlKem(),
  randomBytes: (size) => plain(randomBytes(size)),
  nowMs: () => Date.now(),
});

async function partyOf({seed, roster}: StrictOptions): Promise<{readonly party: Party; readonly members: Members}> {
  const party = new Party(seed, await loadPartySuite());
  return {party, members: Members.of(roster, party.verify)};
}

/** @throws RuleError KEY_NOT_IN_ROSTER */
function roleOf<K extends Role["kind"]>(members: Members, party: Party, kind: K): Extract<Role, {kind: K}> {
  const role = members.bySigningKey(party.signingKey);
  if (role?.kind === kind) return role as Extract<Role, {kind: K}>;
  throw new RuleError("KEY_NOT_IN_ROSTER", `the key is of no ${kind} of the roster`, {
    hint: "qsdm quorum roster verify lists who is in it",
  });
}

/** What was kept under this roster, or nothing yet. @throws RuleError ROSTER_CHANGED */
function ofRoster<S extends RosterStore & {close(): void}>(store: S, {digest}: Members): S {
  try {
    keepRoster(store, digest);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * @throws RuleError KEY_NOT_IN_ROSTER, ROSTER_CHANGED, DATA_DIR_OPEN, as `Members.of`, and as `Attestor.checkOwn`; UnavailableError LISTEN_FAILED,
 * as the store
 */
export async function startStrictCustodian(options: StrictCustodianOptions): Promise<MeasuredService> {
  const {dataDir, listen, log, roundMs, driver = null, ledger = null} = options;
  const {party, members} = await partyOf(options);
  const {place, address, card} = roleOf(members, party, "custodian");
  const store = ofRoster(SqliteStrictStore.open(await quorumDatabase(dataDir, "strict-custodian.db")), members);
  const asked = ledger && (await openStakeDesk(ledger, log));
  const stakes = asked?.desk ?? null;
  const custodian = new StrictCustodian({
    members,
    place,
    store,
    verify: party.verify,
    field: (await loadBackend()).field,
    stakes: stakes ?? NO_LEDGER,
    sign: (message) => party.sign(message),
    random: party.suite.randomBytes,
    seal: (publicKey, plaintext, bound) => sealTo(party.suite, publicKey, {plaintext, bound}),
    unseal: (box, bound) => party.unseal(box, bound),
  });
  const read = SqliteWitnessStore.open(await quorumDatabase(dataDir, "strict-witness.db"));
  const sign = (message: Uint8Array): Uint8Array => party.sign(message);
  const witness = new Witness({members, place, store: read, verify: party.verify, sign});
  const endpoint = party.endpoint(members, (err) => log.warn({err}, "a channel was refused"));
  const where = listen ?? parseAddress(address);
  const service = new CustodianService(custodian, {listen: where, endpoint, log, roundMs, witness, driver, stakes});
  const stores = [store, read];
  await startOr(() => service.start(), [...stores, {close: () => void asked?.stop()}]);
  const held = (kind: StockKind) => (): number => store.ranges(kind).reduce((sum, {count}) => sum + count, 0);
  return {
    url: service.address,
    pages: {
      "/health": () => ({isWell: true, body: {custodian: card.name, status: store.retired() ? "retired" : "ok"}}),
    },
    registry: custodianRegistry({
      stock: {triple: held("triple"), mask: held("mask")},
      waiting: () => custodian.reservations.evaluations,
      jobs: service.counts,
      attestation: service.attestor.isRequired ? service.attestor : null,
      patterns: custodian.anomalies.found,
      stakes,
      nameOf: (at) => members.namesOf([at])[0]!,
    }),
    async stop() {
      service.stop();
      await asked?.stop();
      for (const each of stores) each.close();
    },
  };
}

/** @throws as `startStrictCustodian` */
export async function startStrictCoordinator(
  options: StrictProcessOptions & {
    readonly checkpointMs: number;
    readonly lowWater: LowWater;
    /** How often it looks whether stock is short; half a minute, unless said. */
    readonly standbyMs?: number;
  },
): Promise<MeasuredService> {
  const {dataDir, listen, log, checkpointMs, lowWater, standbyMs = STANDBY_MS} = options;
  const {party, members} = await partyOf(options);
  const {address, place, card} = roleOf(members, party, "coordinator");
  const store = ofRoster(
    SqliteStrictCoordinatorStore.open(await quorumDatabase(dataDir, "strict-coordinator.db")),
    members,
  );
  const endpoint = party.endpoint(members, (err) => log.warn({err}, "a channel was refused"));
  const links: Links = new Links({
    endpoint,
    log,
    handlers: (at) => coordinator.handlers({kind: "custodian", place: at, ...members.custodian(at)!}),
    up: (at) => void coordinator.catchUp(at),
  });
  const {nowMs} = party.suite;
  const custodians = new CustodianCalls(links);
  const entries = SqliteAuditLogStore.open(await quorumDatabase(dataDir, "strict-audit.db"));
  const {verify} = party;
  const audit = new AuditDesk({
    ...{members, place, store: entries, audit: new AuditLog(entries), custodians, verify, nowMs, log},
    sign: (message) => party.sign(message),
  });
  const coordinator = new StrictCoordinator({members, place, store, custodians, verify, audit, lowWater, nowMs, log});
  const stores = [store, entries];
  const callers = new Set<Rpc>();
  const listener = new Listener(endpoint, (channel) => {
    const role = members.byChannel(channel.peer);
    if (!role) return channel.close();
    const caller = new Rpc(channel, coordinator.handlers(role));
    callers.add(caller);
    void channel.closed.then(() => callers.delete(caller));
  });
  await startOr(() => listener.start(listen ?? parseAddress(address)), stores);
  for (const [to, service] of members.roster.custodians.entries()) links.keep(to, service);
  audit.start(checkpointMs);
  const standby = setInterval(() => {
    coordinator.stock.topUp().catch((err: unknown) => log.warn({err}, "what stock is there could not be asked"));
  }, standbyMs);
  const {stock, counts} = coordinator;
  return {
    url: listener.address,
    pages: coordinatorPages({
      name: card.name,
      members,
      connected: () => links.live.length,
      checkpoint: () => entries.checkpoint(),
    }),
    registry: coordinatorRegistry({
      stock: {triple: () => stock.left("triple"), mask: () => stock.left("mask")},
      lowWater: {triple: () => lowWater.triple, mask: () => lowWater.mask},
      connected: () => links.live.length,
      refills: () => stock.refills,
      counts,
      nameOf: (at) => members.namesOf([at])[0]!,
    }),
    async stop() {
      listener.stop();
      links.stop();
      clearInterval(standby);
      await audit.stop();
      for (const {channel} of callers) channel.close();
      for (const each of stores) each.close();
    },
  };
}

async function startOr(start: () => Promise<void>, stores: readonly {close(): void}[]): Promise<void> {
  try {
    await start();
  } catch (error) {
    for (const each of stores) each.close();
    throw error;
  }
}

/**
 * A client at the coordinators of a roster, or at the one with that name.
 * @throws as `StrictClient.connect` and `Members.of`
 */
export async function connectStrict(
  {coordinator = null, ...options}: StrictOptions & {readonly coordinator?: string | null},
  timeoutMs: number,
): Promise<StrictClient> {
  return StrictClient.connect({...(await partyOf(options)), coordinator, timeoutMs});
}
