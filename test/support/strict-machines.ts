/** N custodians of the strict profile in one process, without sockets: the same machines, and a wire for cheats. */

import {mkdirSync} from "node:fs";
import {join} from "node:path";
import {bytesOfHex} from "../../src/codecs/bytes.js";
import {decodeElements, encodeElements} from "../../src/codecs/quorum/element.js";
import {secretNames} from "../../src/codecs/quorum/ir.js";
import {type ProgramPackage, programPackage} from "../../src/codecs/quorum/program-package.js";
import {
  depositPayload,
  evaluatePayload,
  type Job,
  jobDigest,
  refreshPayload,
  stockPayload,
} from "../../src/codecs/quorum/strict/job.js";
import {digestOf, sign} from "../../src/codecs/quorum/strict/statement.js";
import {
  approval,
  deposit,
  maskRequest,
  prepared,
  result,
  ticket,
  withdrawal,
} from "../../src/codecs/quorum/strict/statements.js";
import {ML_KEM_768} from "../../src/codecs/suite.js";
import {QsdmError} from "../../src/errors.js";
import {bigintField} from "../../src/node/compute/field.js";
import {JobRunner} from "../../src/node/custody/job-runner.js";
import {sealTo, unseal} from "../../src/node/custody/party.js";
import type {RoundMessage} from "../../src/node/custody/rpc.js";
import {add, sub} from "../../src/node/quorum/field/field.js";
import {watchOf} from "../../src/node/quorum/policy/watch.js";
import {inputNames, type Outputs} from "../../src/node/quorum/program/evaluate.js";
import {runningIr} from "../../src/node/quorum/program/running.js";
import {share} from "../../src/node/quorum/sharing/shamir.js";
import {boundOf, StrictCustodian} from "../../src/node/quorum/strict/custodian.js";
import {begin} from "../../src/node/quorum/strict/jobs.js";
import type {StakeReading} from "../../src/node/quorum/strict/stake.js";
import {openMasks} from "../../src/node/quorum/strict/unmask.js";
import {costOf, wiresOf} from "../../src/node/quorum/verified/cost.js";
import {SqliteStrictStore} from "../../src/node/storage/quorum/strict-custodian-store.js";
import {draw} from "./quorum-cluster.js";
import {random, type Shape, StrictQuorum} from "./strict-quorum.js";

/** What becomes of a message on its way: itself, something else, several, none. */
export type StrictWire = (
  message: RoundMessage,
  way: {readonly from: number; readonly to: number},
) => readonly RoundMessage[];
export const HONEST: StrictWire = (message) => [message];

/** What one custodian's part in a job came to. */
export interface Part {
  readonly place: number;
  readonly outcome: Uint8Array | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly culprits: readonly number[];
}

interface TicketOptions {
  readonly among?: readonly number[];
  /** Number of the first mask. */
  readonly first?: bigint;
  readonly client?: "alice" | "bob";
  readonly evaluations?: number;
}

export class StrictMachines {
  readonly custodians: StrictCustodian[] = [];
  readonly stores: SqliteStrictStore[] = [];
  readonly #runners: JobRunner[] = [];
  wire: StrictWire = HONEST;
  /** What custodians have read of the ledger, by key. */
  readonly stakes = new Map<string, StakeReading>();
  readonly stakeAgeMs = 60_000;
  nowMs = 1_000_000;
  /** Long, so that a busy machine is not taken for a silent custodian. */
  roundMs = 20_000;
  run = 0n;
  #numbers = {triple: 0n, mask: 0n, attempt: 0};

  private constructor(readonly quorum: StrictQuorum) {
    for (let place = 0; place < quorum.members.n; place++) this.restart(place);
  }

  static async create(shape: Shape): Promise<StrictMachines> {
    return new StrictMachines(await StrictQuorum.create(shape));
  }

  /** A custodian over what it has on disk in `folder`. */
  restart(place: number, folder = `machine-${place}`): void {
    const {members, parties} = this.quorum;
    const party = parties.custodians[place]!;
    const roundMs = (): number => this.roundMs;
    this.stores[place]?.close();
    mkdirSync(join(this.quorum.folder, folder), {recursive: true});
    this.stores[place] = SqliteStrictStore.open(join(this.quorum.folder, folder, "custodian.db"));
    this.custodians[place] = new StrictCustodian({
      members,
      place,
      store: this.stores[place]!,
      verify: party.verify,
      field: bigintField,
      stakes: {maxAgeMs: this.stakeAgeMs, of: (key) => this.stakes.get(key) ?? {unproven: "nobody asked"}},
      sign: (message) => party.sign(message),
      random,
      seal: (publicKey, plaintext, bound) => sealTo(party.suite, publicKey, {plaintext, bound}),
      unseal: (box, bound) => party.unseal(box, bound),
    });
    this.#runners[place] = new JobRunner({
      place,
      n: members.n,
      get roundMs() {
        return roundMs();
      },
      send: (to, message) => {
        for (const each of this.wire(message, {from: place, to}))
          setImmediate(() => this.#runners[to]!.take(place, each));
        return true;
      },
      sendLeave: (to, job) => setImmediate(() => this.#runners[to]!.leave(place, job)),
    });
  }

  get everyone(): readonly number[] {
    return this.custodians.map((_, place) => place);
  }

  /** Brings a message that its sender did not send by a job. */
  deliver(from: number, to: number, message: RoundMessage): void {
    setImmediate(() => this.#runners[to]!.take(from, message));
  }

  /** Runs a job at all its participants. */
  async perform(job: Job, at: readonly number[] = job.participants): Promise<Part[]> {
    return Promise.all(
      at.map(async (place): Promise<Part> => {
        try {
          const protocol = () => begin(this.custodians[place]!, job, this.nowMs);
          const {value: outcome} = await this.#runners[place]!.perform(jobDigest(job), job.participants, protocol);
          return {place, outcome, code: null, reason: null, culprits: []};
        } catch (error) {
          if (!(error instanceof QsdmError)) throw error;
          const {reason = null, culprits = []} = error.details as {reason?: string; culprits?: number[]};
          return {place, outcome: null, code: error.code, reason, culprits};
        }
      }),
    );
  }

  job(kind: Job["kind"], payload: Uint8Array, more: Partial<Job> = {}): Job {
    const epoch = this.stores[0]!.keys()?.epoch ?? 0n;
    const run = kind === "evaluate" ? 0n : ++this.run;
    return {roster: this.quorum.members.digest, kind, run, epoch, participants: this.everyone, payload, ...more};
  }

  /** Runs a job of everyone and commits it everywhere. */
  async agree(job: Job): Promise<Part[]> {
    const parts = await this.perform(job);
    if (parts.some(({outcome}) => outcome === null)) return parts;
    const acknowledgements = parts.map(({outcome}) => prepared.decode(outcome!));
    for (const custodian of this.custodians) custodian.commit({job, acknowledgements});
    return parts;
  }

  refreshJob(recovering: readonly number[] = []): Job {
    const helper = this.custodians.findIndex((_, place) => !recovering.includes(place));
    const {programs, epoch} = this.custodians[helper]!.status(this.nowMs, 0);
    const sharings = programs
      .filter(({sharing}) => sharing > 0n)
      .map(({programId, sharing: run}) => ({programId, run}));
    return this.job("refresh", refreshPayload.encode({recovering, sharings}), {epoch});
  }

  /** Numbers that evaluations and masks go on from. */
  skipTo(triple: bigint, mask: bigint): void {
    this.#numbers = {...this.#numbers, triple, mask};
  }

  /** Keys, the program with its secrets, approvals of all, and stock. */
  async prepare(program: ProgramPackage, secrets: ReadonlyMap<string, bigint>, stock = {triples: 20, masks: 20}) {
    await this.agree(this.refreshJob());
    await this.prepareMore(program, secrets);
    return this.stock(stock);
  }

  /** The program with its secrets, and approvals of all. */
  async prepareMore(program: ProgramPackage, secrets: ReadonlyMap<string, bigint>): Promise<void> {
    for (const custodian of this.custodians) custodian.install(programPackage.encode(program));
    if (secretNames(program.ir).length > 0) await this.agree(this.depositJob(program, secrets));
    for (const place of this.everyone)
      for (const custodian of this.custodians) custodian.approve(this.approval(program, place), this.nowMs);
  }

  stock(wanted: {readonly triples: number; readonly masks: number}): Promise<Part[]> {
    const {nextTriple: firstTriple, nextMask: firstMask} = this.custodians[0]!.status(this.nowMs, 0);
    return this.perform(this.job("stock", stockPayload.encode({firstTriple, firstMask, ...wanted})));
  }

  withdrawal({programId}: ProgramPackage, place: number, more: {withdrawn?: boolean; atMs?: number; by?: number} = {}) {
    const {withdrawn = true, atMs = this.nowMs, by = place} = more;
    const content = {
      roster: this.quorum.members.digest,
      programId: bytesOfHex(programId),
      ...{custodian: place, withdrawn, timeMs: BigInt(atMs)},
    };
    return sign(withdrawal, content, (message) => this.quorum.parties.custodians[by]!.sign(message));
  }

  approval({programId}: ProgramPackage, place: number, by = place) {
    const content = {
      roster: this.quorum.members.digest,
      programId: bytesOfHex(programId),
      version: "",
      custodian: place,
      notAfterMs: BigInt(this.nowMs) + 10n ** 9n,
    };
    return sign(approval, content, (message) => this.quorum.parties.custodians[by]!.sign(message));
  }

  /** @param bent place of a custodian whose shares the owner moves */
  depositJob({programId, ir}: ProgramPackage, secrets: ReadonlyMap<string, bigint>, bent = -1): Job {
    const {members, parties} = this.quorum;
    const [owner] = parties.clients;
    const id = bytesOfHex(programId);
    const shared = secretNames(ir).map((name) => share(secrets.get(name)!, members, draw));
    const boxes = members.roster.custodians.map(({card}, place) =>
      sealTo(owner!.suite, card.sealingKey, {
        plaintext: encodeElements(shared.map((shares) => add(shares[place]!.y, place === bent ? 1n : 0n))),
        bound: boundOf(id, place),
      }),
    );
    const content = {roster: members.digest, programId: id, owner: "alice", boxes};
    return this.job("deposit", depositPayload.encode(sign(deposit, content, (message) => owner!.sign(message))));
  }

  statement(program: ProgramPackage, client = "alice") {
    return {
      roster: this.quorum.members.digest,
      programId: bytesOfHex(program.programId),
      client,
      nonce: random(32),
      notAfterMs: BigInt(this.nowMs + 60_000),
    };
  }

  /** A client's ticket over masks that custodians `among` all gave it, and what takes the masks off the results. */
  ticket(
    program: ProgramPackage,
    inputs: ReadonlyMap<string, bigint>,
    {among = this.everyone, first = this.#numbers.mask, client = "alice", evaluations = 1}: TicketOptions = {},
  ) {
    const {members, parties} = this.quorum;
    const by = parties.clients[client === "alice" ? 0 : 1]!;
    const {kem} = by.suite;
    const {publicKey, secretKey} = kem.keygen(random(ML_KEM_768.keygenSeedBytes));
    const statement = (): ReturnType<StrictMachines["statement"]> => this.statement(program, client);
    const request = sign(maskRequest, {...statement(), evaluations, sealingKey: publicKey}, (m) => by.sign(m));
    const count = wiresOf(program);
    this.#numbers.mask = first + BigInt(count);
    const digest = digestOf(maskRequest, request);
    const parts = among.map((place) => {
      const {content} = this.custodians[place]!.masks(request, first, this.nowMs);
      return {
        place,
        elements: decodeElements(unseal(kem, secretKey, {box: content.box, bound: boundOf(digest, place)})),
      };
    });
    const {values} = openMasks(parts, {k: members.k, count});
    const names = inputNames(program.ir);
    const masked = encodeElements(names.map((name, at) => sub(inputs.get(name)!, values[at]!)));
    const epoch = this.stores[among[0]!]!.keys()!.epoch;
    const content = {...statement(), request: digest, epoch, firstMask: first, evaluations, masked};
    const signed = sign(ticket, content, (message) => by.sign(message));
    return {signed, outputMasks: values.slice(names.length)};
  }

  evaluation(
    program: ProgramPackage,
    signed: ReturnType<StrictMachines["ticket"]>["signed"],
    participants = this.everyone,
    earlier: readonly Uint8Array[] = [],
  ): Job {
    const firstTriple = this.#numbers.triple;
    const watch = watchOf(program.policy);
    this.#numbers.triple += BigInt(costOf(runningIr(program), watch ? earlier.length : undefined).triples);
    const sharing = this.stores[participants[0]!]!.sharing(program.programId)?.run ?? 0n;
    const attempt = ++this.#numbers.attempt;
    const payload = evaluatePayload.encode({ticket: signed, attempt, firstTriple, sharing, earlier});
    return this.job("evaluate", payload, {participants, epoch: signed.content.epoch});
  }

  /** Results of those who gave one, with their masks off. */
  outputs(program: ProgramPackage, parts: readonly Part[], masks: readonly bigint[]): Outputs[] {
    return parts.flatMap(({outcome}) => {
      if (outcome === null) return [];
      const masked = decodeElements(result.decode(outcome).content.masked);
      return [new Map(program.ir.outputs.map((name, at) => [name, sub(masked[at]!, masks[at]!)]))];
    });
  }

  async stop(): Promise<void> {
    for (const store of this.stores) store.close();
    await this.quorum.stop();
  }
}
