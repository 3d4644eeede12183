/**
 * The miner: work, search, attest, submit, and again.
 *
 * A search is left when the tip moves, which costs nothing, because a search has no memory. The challenge is fetched
 * after solving, so that its minute is not spent searching. A proof whose answer was lost is sent again byte for byte, to
 * the node that issued its challenge, for as long as that is good.
 */
import {hexOf} from "../../codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../codecs/mining/proof.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {isTableChanged} from "../compute/mapped-table.js";
import type {Solution} from "../ledger/mining/solve.js";
import {Backoff} from "./backoff.js";
import {challengeBindingOf, type Job, jobOf, solutionOf} from "./job.js";
import type {Answer, MinerOptions, MinerPorts} from "./ports.js";
import {type MinerNode, type SourcedWork, Sources} from "./sources.js";
import {MinerTable} from "./table.js";

/** Longest pause between two tries. */
const PAUSE_LIMIT_MS = 15_000;
/** A challenge is good for so long, so a proof is not worth more tries. */
const PROOF_TRIES_MS = 60_000;
/** Looks at the tip that fail in a row before another node is asked for work. */
const LOOKS_MISSED = 3;

export class Miner {
  readonly #table: MinerTable;
  readonly #sources: Sources;
  /** Heights up to this one are settled: a node gets one proof for each. */
  #settledHeight = -1n;
  #accepted = 0;

  constructor(
    private readonly options: MinerOptions,
    private readonly ports: MinerPorts,
  ) {
    this.#table = new MinerTable(ports);
    const told: ConstructorParameters<typeof Sources>[1]["told"] = (change) => ports.told({type: "source", ...change});
    this.#sources = new Sources(ports.nodes, {nowMs: () => ports.nowMs(), told});
  }

  /** Proofs that were accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /**
   * Mines until `signal` aborts or enough proofs are accepted.
   * @throws RuleError WORK_INCONSISTENT, NODE_OTHER_CHAIN; UnavailableError SOLVER_FAILED; whatever is no passing trouble
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && !this.#done) {
        await this.ports.gate.open(signal);
        const found = await this.#patiently(() => this.#sources.work(), signal);
        if (!found) return;
        const {node, work} = found;
        if (work.height <= this.#settledHeight) await node.waitForTip(this.options.pollMs, signal);
        else await this.#mine(found, signal);
      }
    } finally {
      this.#table.close();
    }
  }

  get #done(): boolean {
    return this.options.maxProofs !== null && this.#accepted >= this.options.maxProofs;
  }

  async #mine({node, work}: SourcedWork, signal: AbortSignal): Promise<void> {
    const job = this.#jobOf(node, work);
    if (!job) return;
    const {height, epoch, difficulty, nextWorkSetRoot} = work;
    this.ports.told({type: "work", height, epoch, difficulty});
    if (!(await this.#table.prepare(job.seed, signal))) return;
    if (nextWorkSetRoot) this.#table.prepareNext({...job.seed, epoch: epoch + 1n, workSetRoot: nextWorkSetRoot});
    const before = this.ports.solver.attempts();
    const found = await this.#searchTable(job, node, signal);
    if (!found) return;
    try {
      const proof = await this.#attest(solutionOf(job, this.options.address, found), node, signal);
      if (proof) await this.#submit(proof, {node, attempts: this.ports.solver.attempts() - before}, signal);
    } catch (error) {
      // It knows the rig otherwise than the others do, or the rig is done: then there is no other left.
      if (!(error instanceof RuleError || error instanceof DecodeError)) throw error;
      this.#sources.refuse(node, error);
    }
  }

  /** The job, or null when the node serves work that cannot be and there are others. @throws RuleError WORK_INCONSISTENT */
  #jobOf(node: MinerNode, work: ServedWork): Job | null {
    try {
      return jobOf(work, this.options);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.#sources.refuse(node, error);
      return null;
    }
  }

  /** As `#search`; null too when the table's file is not what it was, whose table is made anew. */
  async #searchTable(job: Job, node: MinerNode, signal: AbortSignal): Promise<Solution | null> {
    try {
      return await this.#search(job, node, signal);
    } catch (error) {
      if (!(error instanceof UnavailableError) || !isTableChanged(error)) throw error;
      this.#table.forget();
      this.ports.told({type: "waiting", error});
      return null;
    }
  }

  /** The search, left when `signal` aborts, the tip is another one, the node is gone, or the machine is wanted. */
  async #search(job: Job, node: MinerNode, signal: AbortSignal): Promise<Solution | null> {
    const left = new AbortController();
    let trouble: unknown = null;
    // Not waited for: a look at a slow node must not hold back a solution.
    this.#watchTip(job.work, node, left).catch((error: unknown) => {
      trouble = error;
      left.abort();
    });
    try {
      const either = AbortSignal.any([signal, left.signal, this.ports.gate.closing()]);
      const found = await this.ports.solver.search(job.search, this.ports.randomNonce(), either);
      if (trouble !== null) throw trouble;
      return found;
    } finally {
      left.abort();
    }
  }

  /**
   * Ends the search once the node works on another header, or no longer answers while others may.
   * @throws QsdmError with which the last node refuses work
   */
  async #watchTip({headerHash}: ServedWork, node: MinerNode, left: AbortController): Promise<void> {
    const hash = hexOf(headerHash);
    for (let missed = 0; !left.signal.aborted; ) {
      await node.waitForTip(this.options.pollMs, left.signal);
      if (left.signal.aborted) return;
      try {
        const work = await node.work();
        missed = 0;
        if (hexOf(work.headerHash) !== hash) left.abort();
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        if (!(error instanceof UnavailableError)) this.#sources.refuse(node, error);
        else if (++missed < LOOKS_MISSED || !this.#sources.several) continue;
        left.abort();
      }
    }
  }

  async #attest(solution: Proof, node: MinerNode, signal: AbortSignal): Promise<Proof | null> {
    const {height} = solution;
    const binding = challengeBindingOf(this.options, height);
    const challenge = await this.#patiently(() => node.challenge(binding), signal, height);
    if (!challenge) return null;
    this.#settledHeight = height;
    if (await this.ports.claim(height))
      return this.#patiently(() => this.ports.attest(solution, challenge, signal), signal, height);
    this.ports.told({type: "skipped", height});
    return null;
  }

  async #submit(
    proof: Proof,
    {node, attempts}: {node: MinerNode; attempts: number},
    signal: AbortSignal,
  ): Promise<void> {
    const raw = encodeProof(proof);
    const {height} = proof;
    let sendings = 0;
    const submit = (): Promise<Answer> => {
      sendings++;
      return node.submit(raw);
    };
    const answer = await this.#patiently(submit, signal, height);
    if (!answer) return;
    const proofId = hexOf(proofIdOf(proof));
    if (answer.accepted || arrivedBefore(answer, sendings)) {
      this.#accepted++;
      this.ports.told({type: "accepted", height, proofId, attempts});
    } else this.ports.told({type: "rejected", height, proofId, reason: answer.reason, detail: answer.detail});
  }

  /**
   * What `ask` answers, asked again while the node, or the rig's device, is unavailable; null when `signal` aborts first, or when a proof for
   * `proofHeight` has waited too long.
   */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal, proofHeight?: bigint): Promise<T | null> {
    const backoff = new Backoff(this.options.pollMs, PAUSE_LIMIT_MS);
    const startedAtMs = this.ports.nowMs();
    while (!signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof UnavailableError)) throw error;
        if (proofHeight !== undefined && this.ports.nowMs() - startedAtMs > PROOF_TRIES_MS) {
          this.ports.told({type: "lost", height: proofHeight, error});
          return null;
        }
        this.ports.told({type: "waiting", error});
        await this.ports.sleep(backoff.next(), signal);
      }
    }
    return null;
  }
}

/** A duplicate that was sent before is the first sending, whose answer was lost. */
const arrivedBefore = ({reason}: Answer, sendings: number): boolean => reason === "duplicate" && sendings > 1;
