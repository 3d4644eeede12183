/** A custodian of the strict profile among the others: channels to them, calls of coordinators, jobs. */
import {hexOf} from "../../codecs/bytes.js";
import {type Answer, custodianMethods} from "../../codecs/quorum/strict/calls.js";
import {evaluatePayload, type Job, jobDigest} from "../../codecs/quorum/strict/job.js";
import {QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {type Address, type EndpointPorts, Listener} from "../network/channel/endpoint.js";
import type {Witness} from "../quorum/audit/witness.js";
import type {StrictCustodian} from "../quorum/strict/custodian.js";
import {handOver, retire} from "../quorum/strict/handover.js";
import {holdingOf, ticketOf} from "../quorum/strict/holdings.js";
import {begin} from "../quorum/strict/jobs.js";
import type {Role} from "../quorum/strict/members.js";
import {checkJobNumbers, checkNumbers} from "../quorum/strict/numbers.js";
import {stakedKey} from "../quorum/strict/stake.js";
import {successorsOf} from "../quorum/strict/succession.js";
import type {Log} from "../service.js";
import {type Answer as Answered, Attestor} from "./attestation/attestor.js";
import type {AttestationDriver} from "./attestation/driver.js";
import {JobCounts} from "./job-counts.js";
import {JobRunner} from "./job-runner.js";
import {JobTurn} from "./job-turn.js";
import {Links} from "./links.js";
import {queryHandlers} from "./query-handlers.js";
import {type Handlers, type MethodName, Rpc} from "./rpc.js";
import type {StakeDesk} from "./stake-desk.js";

export interface CustodianServiceOptions {
  readonly listen: Address;
  readonly endpoint: EndpointPorts;
  readonly log: Log;
  readonly roundMs: number;
  readonly witness: Witness;
  /** What shows this machine to others, where the roster demands it. */
  readonly driver: AttestationDriver | null;
  /** Null where no ledger is asked. */
  readonly stakes: StakeDesk | null;
}

/** How long a job waits for channels that are not there yet. */
const STANDING_MS = 2_000;
/** Longest time for a report of another's machine: a host may slow its guests' requests down. */
const ATTEST_MS = 60_000;
/** Part of its age after which evidence is looked at again. */
const RENEWALS = 4;

export class CustodianService {
  readonly counts = new JobCounts();
  readonly attestor: Attestor;
  readonly #links: Links;
  readonly #runner: JobRunner;
  readonly #listener: Listener;
  readonly #callers = new Set<Rpc>();
  readonly #turn = new JobTurn();
  #stopped = false;
  #renewing: NodeJS.Timeout | null = null;

  constructor(
    private readonly custodian: StrictCustodian,
    private readonly options: CustodianServiceOptions,
  ) {
    const {members, place} = custodian.ports;
    const {endpoint, log, roundMs} = options;
    this.attestor = new Attestor({
      ...custodian.ports,
      ...{sign: (message) => custodian.ports.sign(message), random: (size) => custodian.ports.random(size)},
      ...{driver: options.driver, nowMs: () => endpoint.nowMs(), log},
      ask: (to, nonce) => this.#askToAttest(to, nonce),
    });
    this.#links = new Links({
      endpoint,
      log,
      handlers: (from) => ({
        call: (method, body) => (method === "attest" ? this.#attest(body, from) : refuse(method, "another custodian")),
        round: (message) => this.#runner.take(from, message),
        leave: (job) => this.#runner.leave(from, job),
        bug: (err) => log.error({err}, "a call failed"),
      }),
      up: (from) => {
        this.attestor.forget(from);
        void this.attestor.renew([from]).catch((err: unknown) => log.error({err}, "asking for evidence failed"));
      },
      down: (from) => {
        this.attestor.forget(from);
        this.#runner.lost(from);
      },
    });
    this.#runner = new JobRunner({
      place,
      n: members.n,
      roundMs,
      send: (to, message) => {
        const link = this.#links.get(to);
        link?.sendRound(message);
        return link !== null;
      },
      sendLeave: (to, job) => this.#links.get(to)?.sendLeave(job),
    });
    this.#listener = new Listener(endpoint, (channel) => {
      const role = members.byChannel(channel.peer);
      if (role?.kind === "custodian") return this.#links.adopt(role.place, channel);
      if (role?.kind !== "coordinator") return channel.close();
      const caller = new Rpc(channel, this.#coordinatorHandlers(role, channel));
      this.#callers.add(caller);
      void channel.closed.then(() => {
        this.#callers.delete(caller);
        this.#turn.giveBack(channel);
      });
    });
  }

  get address(): string {
    return this.#listener.address;
  }

  /** @throws UnavailableError LISTEN_FAILED */
  async start(): Promise<void> {
    const {members, place} = this.custodian.ports;
    await this.attestor.checkOwn();
    await this.#listener.start(this.options.listen);
    // One channel for each two: who comes later in the roster dials.
    for (let to = 0; to < place; to++) this.#links.keep(to, members.custodian(to)!);
    const {attestation} = members.roster;
    if (attestation) this.#renewing = setInterval(() => this.#renew(), (attestation.maxAgeS * 1_000) / RENEWALS);
  }

  #renew(): void {
    const {log} = this.options;
    this.attestor.renew(this.#links.live).catch((err: unknown) => log.error({err}, "asking for evidence failed"));
  }

  /** @param from the custodian that asks; null for a coordinator, which carries */
  async #attest(body: Uint8Array, from: number | null): Promise<Uint8Array> {
    const {attest} = custodianMethods;
    const session = from === null ? null : (this.#links.get(from)?.channel.sessionId ?? gone());
    return attest.answer.encode({attestation: await this.attestor.show(attest.ask.decode(body).nonce, session)});
  }

  /** @throws what the other refuses with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT; DecodeError */
  async #askToAttest(to: number, nonce: Uint8Array): Promise<Answered> {
    const {attest} = custodianMethods;
    const link = this.#links.get(to) ?? gone();
    const {attestation} = attest.answer.decode(await link.call("attest", attest.ask.encode({nonce}), ATTEST_MS));
    return {signed: attestation, session: link.channel.sessionId};
  }

  stop(): void {
    this.#stopped = true;
    this.#turn.stop();
    if (this.#renewing) clearInterval(this.#renewing);
    this.#listener.stop();
    this.#runner.stop();
    this.#links.stop();
    for (const {channel} of this.#callers) channel.close();
  }

  /** @param connection what the coordinator's turns are known by */
  #coordinatorHandlers(by: Extract<Role, {kind: "coordinator"}>, connection: object): Handlers {
    const {custodian} = this;
    const {log, endpoint, witness} = this.options;
    const {
      status,
      install,
      approve,
      suspend,
      masks,
      run,
      turn,
      ticket,
      holding,
      certificate,
      commit,
      entries,
      countersign,
      challenge,
      handover,
      retire: retired,
    } = custodianMethods;
    const calls: Partial<Record<MethodName, (body: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
      status: (body) => {
        status.ask.decode(body);
        return status.answer.encode({
          ...custodian.status(endpoint.nowMs(), by.place),
          attestation: this.attestor.standings(),
        });
      },
      install: (body) => {
        const {programId, policy} = custodian.install(install.ask.decode(body).package);
        if (policy.minStake !== undefined && !this.options.stakes)
          log.warn({programId}, "a program asks for stake, and no ledger is named: --ledger-node");
        return install.answer.encode({});
      },
      approve: (body) => {
        custodian.approve(approve.ask.decode(body).approval, endpoint.nowMs());
        return approve.answer.encode({});
      },
      suspend: (body) => {
        custodian.suspend(suspend.ask.decode(body).withdrawal, endpoint.nowMs());
        return suspend.answer.encode({});
      },
      masks: async (body) => {
        const {request, first} = masks.ask.decode(body);
        checkNumbers(by.place, {first, count: 0});
        await this.#readStake(request.content);
        return masks.answer.encode(custodian.masks(request, first, endpoint.nowMs()));
      },
      run: async (body) => {
        const {job} = run.ask.decode(body);
        witness.owe(by, jobDigest(job), endpoint.nowMs());
        checkJobNumbers(by.place, job);
        const work = () => this.#run(job);
        return run.answer.encode(await (job.kind === "evaluate" ? work() : this.#turn.during(connection, work)));
      },
      turn: async (body) => {
        if (turn.ask.decode(body).taken) await this.#turn.take(connection);
        else this.#turn.giveBack(connection);
        return turn.answer.encode({});
      },
      ticket: (body) => ticket.answer.encode(ticketOf(custodian, ticket.ask.decode(body).ticket)),
      holding: (body) => holding.answer.encode(holdingOf(custodian, holding.ask.decode(body).programId)),
      certificate: (body) => {
        const {run: number} = certificate.ask.decode(body);
        return certificate.answer.encode({certificate: custodian.ports.store.certificate(number)});
      },
      commit: (body) => {
        const {certificate: made} = commit.ask.decode(body);
        custodian.commit(made);
        log.info({kind: made.job.kind, run: made.job.run}, "a job is committed");
        return commit.answer.encode({});
      },
      ...queryHandlers(custodian, () => endpoint.nowMs()),
      attest: (body) => this.#attest(body, null),
      challenge: (body) => {
        challenge.ask.decode(body);
        return challenge.answer.encode({nonce: this.attestor.challenge()});
      },
      handover: (body) => {
        const asked = handover.ask.decode(body);
        const {members, verify} = custodian.ports;
        this.attestor.checkNext(successorsOf(members, asked.next, verify), asked.shown);
        const handed = handOver(custodian, asked, endpoint.nowMs());
        log.warn({run: asked.run}, "secrets are handed to the custodians of the next roster");
        return handover.answer.encode({handover: handed});
      },
      retire: (body) => {
        const erased = retire(custodian, retired.ask.decode(body), endpoint.nowMs());
        log.warn({}, "keys and secrets are erased");
        return retired.answer.encode({erasure: erased});
      },
      entries: (body) => entries.answer.encode({size: BigInt(witness.read(by, entries.ask.decode(body).entries))}),
      countersign: (body) => {
        const {checkpoint} = countersign.ask.decode(body);
        return countersign.answer.encode({countersignature: witness.countersign(by, checkpoint, endpoint.nowMs())});
      },
    };
    return {
      call: async (method, body) => {
        if (this.#stopped) throw new UnavailableError("STOPPING", "the custodian stops");
        return (await calls[method]?.(body)) ?? refuse(method, "a coordinator");
      },
      bug: (err) => log.error({err}, "a call failed"),
    };
  }

  /** What the rules will ask of a client's stake. They say what is wrong with the request. */
  async #readStake({programId, client}: {readonly programId: Uint8Array; readonly client: string}): Promise<void> {
    const {store, members} = this.custodian.ports;
    const program = store.program(hexOf(programId));
    const key = program && stakedKey(program, client, members);
    if (key) await this.options.stakes?.prepare(key, program.policy.minStake!);
  }

  async #run(job: Job): Promise<Answer<(typeof custodianMethods)["run"]>> {
    const {log, endpoint} = this.options;
    const digest = jobDigest(job);
    const {kind, run, participants} = job;
    const startedMs = performance.now();
    const {place} = this.custodian.ports;
    const others = participants.filter((each) => each !== place);
    await this.#links.standing(others, STANDING_MS);
    if (this.#stopped) throw new UnavailableError("STOPPING", "the custodian stops");
    try {
      const protocol = async () => {
        if (GIVES_SHARES.has(kind)) await this.attestor.demand(others);
        if (kind === "evaluate") await this.#readStake(evaluatePayload.decode(job.payload).ticket.content);
        return begin(this.custodian, job, endpoint.nowMs());
      };
      const {value: outcome, rounds, sentBytes} = await this.#runner.perform(digest, participants, protocol);
      this.counts.add(kind, {rounds, sentBytes});
      log.info({kind, run, rounds, sentBytes, ms: Math.round(performance.now() - startedMs)}, "a job is done");
      return {outcome, rounds, sentBytes: BigInt(sentBytes)};
    } catch (err) {
      const why = err instanceof QsdmError ? {code: err.code, ...err.details} : {err};
      this.counts.fail(err);
      log.warn({...why, kind, run, job: hexOf(digest).slice(0, 16)}, "a job ended without a result");
      throw err;
    }
  }
}

/** Jobs in which others get shares or keys. An evaluation gives them none. */
const GIVES_SHARES: ReadonlySet<Job["kind"]> = new Set(["refresh", "deposit", "takeover", "stock"]);

function gone(): never {
  throw new UnavailableError("PEER_UNREACHABLE", "it is not connected");
}

function refuse(method: string, caller: string): never {
  throw new RuleError("METHOD_REFUSED", `${method} is nothing that ${caller} may ask`);
}
