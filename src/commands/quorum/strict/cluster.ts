/** A whole quorum of the strict profile on this machine, in one process: keys and roster are made, and kept where asked. */
import {existsSync} from "node:fs";
import {mkdir} from "node:fs/promises";
import {join} from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {type Roster, roster, rosterFile, type SignedRoster} from "../../../codecs/quorum/strict/roster.js";
import {ML_DSA_SEED_BYTES} from "../../../codecs/suite.js";
import {UnavailableError} from "../../../errors.js";
import type {StrictClient} from "../../../node/custody/client.js";
import {DEFAULT_ROUND_MS} from "../../../node/custody/job-runner.js";
import {Party} from "../../../node/custody/party.js";
import {DEFAULT_LOW_WATER} from "../../../node/custody/stock-keeper.js";
import {formatKeyFile} from "../../../node/keys/key-file.js";
import {checkRoster} from "../../../node/quorum/strict/members.js";
import type {RunningService} from "../../../node/quorum-services.js";
import {
  connectStrict,
  loadPartySuite,
  startStrictCoordinator,
  startStrictCustodian,
} from "../../../node/quorum-strict.js";
import type {Log} from "../../../node/service.js";
import {freePorts} from "../../devnet/free-ports.js";
import type {Io} from "../../io.js";
import {type ClusterOptions, HOST} from "../cluster.js";
import {readParty} from "./files.js";
import {type OrganisationFlags, organisationsByParty} from "./organisations.js";

export interface StrictCluster {
  readonly coordinators: readonly string[];
  readonly custodians: readonly string[];
  /** Files of the roster and of the parties' keys by name. */
  readonly roster: string;
  keyFile(name: string): string;
  /** As the party of that name. */
  connect(name: string): Promise<StrictClient>;
  stop(): Promise<void>;
}

export type StrictClusterOptions = Omit<ClusterOptions, "maxTracked"> &
  OrganisationFlags & {
    /** How many. */
    readonly coordinators: number;
  };

/** Who deploys, and who evaluates. */
export const CLIENTS = ["lender", "alice", "bob"] as const;
const CHECKPOINT_MS = 60_000;
const CALL_MS = 60_000;
const SETTLED_MS = 30_000;
const LOOK_MS = 50;
const QUORUM_BYTES = 32;

const custodianNames = (count: number): string[] => Array.from({length: count}, (_, at) => `custodian-${at}`);
const coordinatorNames = (count: number): string[] =>
  Array.from({length: count}, (_, at) => (at === 0 ? "coordinator" : `coordinator-${at}`));

/**
 * @throws UnavailableError LISTEN_FAILED, QUORUM_NOT_READY, and as the stores say; what had started is stopped
 * @throws UsageError as organisations are read. @throws RuleError ROSTER_INVALID
 */
export async function startStrictCluster(io: Io, options: StrictClusterOptions): Promise<StrictCluster> {
  const {directory, log} = options;
  const file = (name: string): string => join(directory, name);
  const rosterPath = file("quorum.roster");
  if (!existsSync(rosterPath)) await makeQuorum(io, options, file);
  const keyFile = (name: string): string => file(`${name}.key`);
  const party = (name: string) => readParty(io, {roster: rosterPath, key: keyFile(name)});
  const running: RunningService[] = [];
  const stop = async (): Promise<void> => {
    for (const service of [...running].reverse()) await service.stop();
  };
  const place = (name: string, given: {seed: Uint8Array; roster: SignedRoster}, own: Log) => ({
    ...{...given, dataDir: file(name), listen: null, roundMs: DEFAULT_ROUND_MS, log: own},
  });
  const connect = async (name: string): Promise<StrictClient> => connectStrict(await party(name), CALL_MS);
  try {
    const {content} = (await party("coordinator")).roster;
    const names = content.custodians.map(({card}) => card.name);
    for (const name of names) running.push(await startStrictCustodian(place(name, await party(name), log)));
    const timing = {checkpointMs: CHECKPOINT_MS, lowWater: DEFAULT_LOW_WATER};
    for (const {card} of content.coordinators)
      running.push(await startStrictCoordinator({...place(card.name, await party(card.name), log), ...timing}));
    await settled(connect, names.length);
    const custodians = content.custodians.map(({address}) => address);
    const coordinators = content.coordinators.map(({address}) => address);
    return {coordinators, custodians, roster: rosterPath, keyFile, connect, stop};
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keys of everybody, and a roster that all custodians signed. */
async function makeQuorum(
  io: Io,
  {
    directory,
    custodians,
    coordinators,
    threshold,
    coordinatorPort,
    custodianPort,
    random,
    ...flags
  }: StrictClusterOptions,
  file: (name: string) => string,
): Promise<void> {
  const names = custodianNames(custodians);
  const asked = coordinatorNames(coordinators);
  const organisation = organisationsByParty(flags.organisation ?? [], [...names, ...asked, ...CLIENTS]);
  await mkdir(directory, {recursive: true, mode: 0o700});
  const suite = await loadPartySuite();
  const make = async (name: string): Promise<Party> => {
    const seed = random(ML_DSA_SEED_BYTES);
    await io.writeFile(file(`${name}.key`), formatKeyFile(seed), {secret: true, force: true});
    return new Party(seed, suite);
  };
  const free = await freePorts(custodians + coordinators);
  const at = (first: number, place: number, spare = place): string =>
    `${HOST}:${first === 0 ? free[spare] : first + place}`;
  const holders = await Promise.all(names.map(make));
  const askable = await Promise.all(asked.map(make));
  const clients = await Promise.all(CLIENTS.map(make));
  const content: Roster = {
    ...{quorum: random(QUORUM_BYTES), epoch: 1, previous: null, threshold},
    approvalOrganisations: flags.approvalOrganisations,
    attestation: null,
    custodians: holders.map((each, place) => ({
      card: each.card(names[place]!),
      address: at(custodianPort, place),
      organisation: organisation(names[place]!),
    })),
    coordinators: askable.map((each, place) => ({
      card: each.card(asked[place]!),
      address: at(coordinatorPort, place, custodians + place),
      organisation: organisation(asked[place]!),
    })),
    clients: clients.map((each, place) => ({
      card: each.card(CLIENTS[place]!),
      organisation: organisation(CLIENTS[place]!),
    })),
  };
  checkRoster(content);
  const bytes = roster.encode(content);
  const signatures = holders.map((each, place) => ({place, signature: each.sign(bytes)}));
  // Last: where it is, the keys are.
  await io.writeFile(file("quorum.roster"), rosterFile.encode({content, signatures, approvals: []}), {force: true});
}

/** Until the coordinator has channels to all custodians. @throws UnavailableError QUORUM_NOT_READY */
async function settled(connect: (name: string) => Promise<StrictClient>, count: number): Promise<void> {
  const client = await connect(CLIENTS[0]);
  try {
    for (const endMs = performance.now() + SETTLED_MS; performance.now() < endMs; await sleep(LOOK_MS)) {
      const {statuses} = await client.call("custodians", {});
      if (statuses.filter((each) => each !== null).length === count) return;
    }
  } finally {
    client.close();
  }
  throw new UnavailableError("QUORUM_NOT_READY", `not all ${count} custodians are connected after ${SETTLED_MS} ms`);
}
