/** One seed: plan, nodes, links, clients, faults, checkers. The same seed gives the same run, event by event. */
import {QsdmError} from "../../src/errors.js";
import type {PaceOptions} from "../../src/node/engine/pace.js";
import {OutputFilter} from "./byzantine.js";
import {Checkers, type Violation} from "./checkers.js";
import {cryptoOf, type SimCrypto} from "./crypto.js";
import {EventHeap} from "./heap.js";
import {SimNetwork} from "./network.js";
import {SimNode} from "./node.js";
import {CHAIN_ID, People} from "./people.js";
import {type Episode, type Plan, planFor} from "./plan.js";
import {type Concern, type Random, streamsOf} from "./random.js";
import {Trace} from "./trace.js";
import {clientOf, signedCall, transferOf} from "./workload.js";

export interface SimOptions {
  readonly seed: number;
  readonly crypto: "fake" | "real";
  /** Between two blocks while nothing waits, milliseconds; faults go on for as long as twenty of them take. */
  readonly blockMs?: number;
  /** Whether people stake and mine, in the seeds in which they do; without them a run takes a third of the time. */
  readonly people?: boolean;
  /** Takes the trace line by line; null keeps its digest alone. */
  readonly print: ((line: string) => void) | null;
}

export interface SimResult {
  readonly seed: number;
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly digest: string;
  readonly events: number;
  readonly simulatedMs: number;
  /** Highest height that an honest node committed. */
  readonly height: bigint;
  readonly transactions: number;
  /** Highest epoch that an honest node began. */
  readonly epoch: bigint;
  /** Calls in blocks, by contract, those that were refused apart. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Until everything that was acknowledged is in blocks, the end is put off by this much at a time. */
const STEP_MS = 1_000;
/** A minute of simulated time has two hundred views at most. */
const BLOCK_MS = 1_000;
/** A supervisor starts a process again at once, or somebody does. */
const RESTARTS_MS = [10, 100, 2_000] as const;

export async function runSeed({
  seed,
  crypto: mode,
  blockMs = BLOCK_MS,
  people = true,
  print,
}: SimOptions): Promise<SimResult> {
  const streams = streamsOf(seed);
  const plan = planFor(streams, {faultMs: 20 * blockMs, people});
  const crypto = await cryptoOf(mode);
  const world = new World({
    ...{plan, streams, crypto, trace: new Trace(print)},
    pace: {intervalMs: blockMs, minIntervalMs: blockMs / 5},
  });
  await world.build();
  try {
    world.schedule();
    await world.run();
    return world.result(seed);
  } finally {
    world.close();
  }
}

interface Setting {
  readonly plan: Plan;
  readonly streams: Readonly<Record<Concern, Random>>;
  readonly crypto: SimCrypto;
  readonly pace: PaceOptions;
  readonly trace: Trace;
}

class World {
  readonly #heap = new EventHeap();
  readonly #nodes: SimNode[] = [];
  readonly #network: SimNetwork;
  readonly #checkers: Checkers;
  readonly #filters = new Map<number, OutputFilter>();
  readonly #people: People;
  #acknowledged = 0;

  constructor(private readonly setting: Setting) {
    const {plan, streams, crypto, trace} = setting;
    this.#people = new People(setting);
    this.#checkers = new Checkers({
      genesis: this.#people.genesis,
      crypto,
      isCheat: (id) => this.#people.isCheat(id),
      isHonest: (node) => !plan.byzantine.has(node),
      nowMs: () => this.#heap.nowMs,
    });
    this.#network = new SimNetwork({
      heap: this.#heap,
      random: streams.network,
      trace,
      outgoing: (letter) => this.#filters.get(letter.from)?.rewrite(letter) ?? [letter],
      left: (letter) => this.#checkers.left(letter),
      arrived: (letter) => this.#filters.get(letter.to)?.heard(letter),
      failed: (node, error) => this.#checkers.crashed(node, error),
    });
    for (const [node, misdeeds] of plan.byzantine)
      this.#filters.set(
        node,
        new OutputFilter(node, misdeeds, {
          random: streams.byzantine,
          crypto,
          chainId: CHAIN_ID,
          later: (delayMs, letter) => void this.#heap.in(delayMs, () => this.#network.carry(letter)),
        }),
      );
  }

  async build(): Promise<void> {
    const {plan, streams, crypto, pace, trace} = this.setting;
    const {genesis} = this.#people;
    for (let i = 0; i < plan.nodes + plan.staking.candidates; i++)
      this.#nodes.push(
        await SimNode.create(i, {
          genesis,
          crypto,
          heap: this.#heap,
          network: this.#network,
          timers: streams.timers,
          pace,
          trace,
          started: (node, chain) => this.#checkers.started(node, chain),
          committed: (node, committed) => {
            const {height, blockId, transactionCount} = committed;
            trace.note(
              this.#heap.nowMs,
              node.index,
              `commits ${height} ${blockId.slice(0, 8)} with ${transactionCount} transactions`,
            );
            this.#checkers.committed(node, committed);
          },
          equivocated: (node, proof) => this.#people.equivocated(node, proof),
          failed: (node, error) => this.#failed(node, error),
        }),
      );
  }

  schedule(): void {
    const {plan, streams, crypto, trace} = this.setting;
    this.#network.weather = plan.weather;
    for (const node of this.#nodes) this.#heap.in(0, () => void node.start());
    for (const {atMs, forMs, episode} of [...plan.episodes, ...plan.staking.episodes])
      this.#heap.in(atMs, () => this.#begin(episode, forMs));
    this.#people.schedule({
      ...{plan, streams, crypto, trace, heap: this.#heap, nodes: this.#nodes},
      acknowledged: (node, txId) => {
        this.#acknowledged++;
        this.#checkers.acknowledged(node, txId);
      },
    });
    this.#heap.in(plan.healMs, () => this.#heal());
  }

  async run(): Promise<void> {
    const {plan} = this.setting;
    const sound = (): boolean => this.#checkers.violations.length === 0;
    for (let untilMs = plan.healMs + STEP_MS; ; untilMs += STEP_MS) {
      if (!(await this.#heap.run(untilMs, sound))) return;
      const settled = this.#checkers.hasResumed && this.#checkers.unsettled(this.#nodes).length === 0;
      if (settled || untilMs >= plan.endMs) break;
    }
    this.#checkers.finish(this.#nodes);
  }

  result(seed: number): SimResult {
    const {plan, trace} = this.setting;
    return {
      seed,
      plan,
      violations: this.#checkers.violations,
      digest: trace.digest(),
      events: trace.events,
      simulatedMs: this.#heap.nowMs,
      height: [...this.#checkers.heights.values()].reduce((a, b) => (a > b ? a : b), 0n),
      transactions: this.#acknowledged,
      epoch: this.#checkers.epoch,
      counts: this.#checkers.books.counts,
    };
  }

  close(): void {
    for (const node of this.#nodes) node.close();
  }

  #begin(episode: Episode, forMs: number): void {
    const all = this.#nodes;
    this.setting.trace.note(this.#heap.nowMs, null, `fault: ${JSON.stringify(episode)} for ${forMs} ms`);
    switch (episode.type) {
      case "crash":
        for (const index of episode.nodes) this.#crash(all[index]!, forMs);
        return;
      case "partition":
        for (const {index} of all)
          for (const {index: other} of all)
            if (episode.inside.includes(index) !== episode.inside.includes(other)) this.#network.cut(index, other);
        return void this.#heap.in(forMs, () => this.#network.mend());
      case "one-way":
        this.#network.cut(episode.from, episode.to);
        return void this.#heap.in(forMs, () => this.#network.mend());
      case "clog":
        for (const [i, index] of episode.nodes.entries())
          this.#heap.in((forMs * i) / episode.nodes.length, () => {
            for (const {index: other} of all) this.#network.clog(index, other, episode.delayMs);
          });
        return void this.#heap.in(forMs, () => this.#network.mend());
      case "clock": {
        const node = all[episode.node]!;
        node.skewMs = episode.skewMs;
        return void this.#heap.in(forMs, () => {
          node.skewMs = 0;
        });
      }
      case "disk":
        all[episode.node]!.disk.break(episode);
        return void this.#heap.in(forMs, () => all[episode.node]!.disk.mend());
      case "flood":
        return this.#flood(all[episode.node]!);
    }
  }

  #crash(node: SimNode, forMs: number): void {
    node.crash("killed");
    this.#heap.in(forMs, () => {
      if (!node.isUp) void node.start();
    });
  }

  /** Transactions that must be refused: of nobody, unpayable, and far ahead of their account. */
  #flood(node: SimNode): void {
    const {crypto, streams} = this.setting;
    const poor = clientOf("nobody", node.index, crypto);
    for (let i = 0; i < 20; i++) {
      poor.nonce = BigInt(i * 10);
      const {call, tipDust} = transferOf(poor.address, streams.workload);
      const bytes = signedCall(poor, call, {chainId: CHAIN_ID, crypto, tipDust});
      void node.submit(bytes).catch((error: unknown) => {
        if (!(error instanceof QsdmError)) this.#checkers.crashed(node.index, error);
      });
    }
  }

  /** A disk that failed stops the process, as it must; it is started again, soon or late. Anything else is a bug. */
  #failed(node: SimNode, error: unknown): void {
    const excused = error instanceof QsdmError && (error.code === "DISK_FAILED" || error.code === "PROCESS_GONE");
    if (!excused) return this.#checkers.crashed(node.index, error);
    this.#heap.in(this.setting.streams.faults.pick(RESTARTS_MS), () => {
      if (!node.isUp) void node.start();
    });
  }

  #heal(): void {
    this.setting.trace.note(this.#heap.nowMs, null, "heals");
    this.#network.weather = this.setting.plan.calm;
    this.#network.mend();
    for (const node of this.#nodes) {
      node.skewMs = 0;
      node.disk.mend();
      if (!node.isUp) void node.start();
    }
    this.#checkers.healed();
  }
}
