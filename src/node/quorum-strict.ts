/** Processes of the strict profile: keys, state machine, store, channels. */
import {randomBytes} from "node:crypto";
import {plain} from "../codecs/bytes.js";
import type {SignedRoster} from "../codecs/quorum/strict/roster.js";
import {RuleError} from "../errors.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {loadMlKem} from "./compute/ml-kem.js";
import {StrictClient} from "./custody/client.js";
import {StrictCoordinator} from "./custody/coordinator-service.js";
import {CustodianCalls} from "./custody/custodian-calls.js";
import {CustodianService} from "./custody/custodian-service.js";
import {Links} from "./custody/links.js";
import {Party, type PartySuite, sealTo} from "./custody/party.js";
import {Rpc} from "./custody/rpc.js";
import {type Address, Listener, parseAddress} from "./network/channel/endpoint.js";
import {StrictCustodian} from "./quorum/strict/custodian.js";
import {Members, type Role} from "./quorum/strict/members.js";
import {quorumDatabase, type RunningService} from "./quorum-services.js";
import type {Log} from "./service.js";
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

/** @throws RuleError KEY_NOT_IN_ROSTER, DATA_DIR_OPEN, as `Members.of`; UnavailableError LISTEN_FAILED, as the store */
export async function startStrictCustodian(options: StrictProcessOptions): Promise<RunningService> {
  const {dataDir, listen, log, roundMs} = options;
  const {party, members} = await partyOf(options);
  const {place, address} = roleOf(members, party, "custodian");
  const store = SqliteStrictStore.open(await quorumDatabase(dataDir, "strict-custodian.db"));
  const custodian = new StrictCustodian({
    members,
    place,
    store,
    verify: party.verify,
    sign: (message) => party.sign(message),
    random: party.suite.randomBytes,
    seal: (publicKey, plaintext, bound) => sealTo(party.suite, publicKey, {plaintext, bound}),
    unseal: (box, bound) => party.unseal(box, bound),
  });
  const endpoint = party.endpoint(members, (err) => log.warn({err}, "a channel was refused"));
  const service = new CustodianService(custodian, {listen: listen ?? parseAddress(address), endpoint, log, roundMs});
  await startOr(() => service.start(), store);
  return {
    url: service.address,
    async stop() {
      service.stop();
      store.close();
    },
  };
}

/** @throws as `startStrictCustodian` */
export async function startStrictCoordinator(options: StrictProcessOptions): Promise<RunningService> {
  const {dataDir, listen, log} = options;
  const {party, members} = await partyOf(options);
  const {address} = roleOf(members, party, "coordinator");
  const store = SqliteStrictCoordinatorStore.open(await quorumDatabase(dataDir, "strict-coordinator.db"));
  const endpoint = party.endpoint(members, (err) => log.warn({err}, "a channel was refused"));
  const links: Links = new Links({
    endpoint,
    log,
    handlers: () => coordinator.handlers("custodian"),
    up: (place) => void coordinator.catchUp(place),
  });
  const {nowMs} = party.suite;
  const custodians = new CustodianCalls(links);
  const coordinator = new StrictCoordinator({members, store, custodians, verify: party.verify, nowMs, log});
  const callers = new Set<Rpc>();
  const listener = new Listener(endpoint, (channel) => {
    const role = members.byChannel(channel.peer);
    if (!role) return channel.close();
    const caller = new Rpc(channel, coordinator.handlers(role.kind));
    callers.add(caller);
    void channel.closed.then(() => callers.delete(caller));
  });
  await startOr(() => listener.start(listen ?? parseAddress(address)), store);
  for (const [place, service] of members.roster.custodians.entries()) links.keep(place, service);
  return {
    url: listener.address,
    async stop() {
      listener.stop();
      links.stop();
      for (const {channel} of callers) channel.close();
      store.close();
    },
  };
}

async function startOr(start: () => Promise<void>, store: {close(): void}): Promise<void> {
  try {
    await start();
  } catch (error) {
    store.close();
    throw error;
  }
}

/** A client at the roster's coordinator. @throws as `StrictClient.connect` and `Members.of` */
export async function connectStrict(options: StrictOptions, timeoutMs: number): Promise<StrictClient> {
  return StrictClient.connect({...(await partyOf(options)), timeoutMs});
}
