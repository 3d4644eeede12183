/**
 * The miner: work, search, attest, submit, and again.
 *
 * A search is left when the tip moves, which costs nothing, because a search has no memory. The challenge is fetched
 * after solving, so that its minute is not spent searching. A proof whose answer was lost is sent again byte for byte.
 */
import {hexOf} from "../../codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../codecs/mining/proof.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import {UnavailableError} from "../../errors.js";
import type {Solution} from "../ledger/mining/solve.js";
import {Hashrate} from "./hashrate.js";
import {challengeBindingOf, type Job, jobOf, solutionOf} from "./job.js";
import type {Answer, MinerOptions, MinerPorts, MinerStats} from "./ports.js";
import {MinerTable} from "./table.js";

export class Miner {
  readonly #rate = new Hashrate();
  readonly #table: MinerTable;
  readonly #startedAtMs: number;
  #height: bigint | null = null;
  /** Heights up to this one are settled: a node gets one proof for each. */
  #settledHeight = -1n;
  #accepted = 0;
  #rejected = 0;

  constructor(
    private readonly options: MinerOptions,
    private readonly ports: MinerPorts,
  ) {
    this.#table = new MinerTable(ports);
    this.#startedAtMs = ports.nowMs();
    this.#rate.sample(this.#startedAtMs, ports.solver.attempts());
  }

  /** Figures of this moment; ask once or twice a second, since each call is a sample of the rates. */
  stats(): MinerStats {
    const {solver} = this.ports;
    const nowMs = this.ports.nowMs();
    this.#rate.sample(nowMs, solver.attempts());
    return {
      height: this.#height,
      hashrate10sHps: this.#rate.over(10_000),
      hashrate60sHps: this.#rate.over(60_000),
      attempts: solver.attempts(),
      acceptedProofs: this.#accepted,
      rejectedProofs: this.#rejected,
      uptimeSeconds: (nowMs - this.#startedAtMs) / 1_000,
      threads: solver.threads,
    };
  }

  /**
   * Mines until `signal` aborts or enough proofs are accepted.
   * @throws RuleError WORK_INCONSISTENT, UnavailableError SOLVER_FAILED, and whatever is no passing trouble
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && !this.#done) {
        const work = await this.#patiently(() => this.ports.work(), signal);
        if (!work) return;
        if (work.height <= this.#settledHeight) await this.ports.sleep(this.options.pollMs, signal);
        else await this.#mine(jobOf(work, this.options), signal);
      }
    } finally {
      this.#table.close();
    }
  }

  get #done(): boolean {
    return this.options.maxProofs !== null && this.#accepted >= this.options.maxProofs;
  }

  async #mine(job: Job, signal: AbortSignal): Promise<void> {
    const {height, epoch, difficulty} = job.work;
    this.#height = height;
    this.ports.told({type: "work", height, epoch, difficulty});
    if (!(await this.#table.prepare(job.seed, signal))) return;
    const {nextWorkSetRoot} = job.work;
    if (nextWorkSetRoot) this.#table.prepareNext({...job.seed, epoch: epoch + 1n, workSetRoot: nextWorkSetRoot});
    const before = this.ports.solver.attempts();
    const found = await this.#search(job, signal);
    if (!found) return;
    const proof = await this.#attest(solutionOf(job, this.options.address, found), signal);
    if (proof) await this.#submit(proof, this.ports.solver.attempts() - before, signal);
  }

  /** The search, left when `signal` aborts or the tip is another one. */
  async #search(job: Job, signal: AbortSignal): Promise<Solution | null> {
    const left = new AbortController();
    const abort = (): void => left.abort();
    signal.addEventListener("abort", abort, {once: true});
    const watching = this.#watchTip(job.work, left);
    // Its failure ends the search and is thrown below; until then somebody has to hold it.
    watching.catch(abort);
    try {
      return await this.ports.solver.search(job.search, this.ports.randomNonce(), left.signal);
    } finally {
      left.abort();
      signal.removeEventListener("abort", abort);
      await watching;
    }
  }

  /** Ends the search once the node works on another header. A node that does not answer changes nothing. */
  async #watchTip({headerHash}: ServedWork, left: AbortController): Promise<void> {
    const hash = hexOf(headerHash);
    while (!left.signal.aborted) {
      await this.ports.sleep(this.options.pollMs, left.signal);
      if (left.signal.aborted) return;
      const work = await this.ports.work().catch(passing);
      if (work && hexOf(work.headerHash) !== hash) left.abort();
    }
  }

  async #attest(solution: Proof, signal: AbortSignal): Promise<Proof | null> {
    const {height} = solution;
    const binding = challengeBindingOf(this.options, height);
    const challenge = await this.#patiently(() => this.ports.challenge(binding), signal);
    if (!challenge) return null;
    this.#settledHeight = height;
    if (await this.ports.claim(height)) return this.ports.attest(solution, challenge);
    this.ports.told({type: "skipped", height});
    return null;
  }

  async #submit(proof: Proof, attempts: number, signal: AbortSignal): Promise<void> {
    const raw = encodeProof(proof);
    let sendings = 0;
    const answer = await this.#patiently(() => {
      sendings++;
      return this.ports.submit(raw);
    }, signal);
    if (!answer) return;
    const {height} = proof;
    const proofId = hexOf(proofIdOf(proof));
    if (answer.accepted || arrivedBefore(answer, sendings)) {
      this.#accepted++;
      this.ports.told({type: "accepted", height, proofId, attempts});
    } else {
      this.#rejected++;
      this.ports.told({type: "rejected", height, proofId, reason: answer.reason, detail: answer.detail});
    }
  }

  /** What `ask` answers, asked again while the node is unavailable; null when `signal` aborts first. */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    while (!signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof UnavailableError)) throw error;
        this.ports.told({type: "waiting", error});
        await this.ports.sleep(this.options.pollMs, signal);
      }
    }
    return null;
  }
}

/** A duplicate that was sent before is the first sending, whose answer was lost. */
const arrivedBefore = ({reason}: Answer, sendings: number): boolean => reason === "duplicate" && sendings > 1;

function passing(error: unknown): null {
  if (error instanceof UnavailableError) return null;
  throw error;
}
