/** The work that a node hands out and holds proofs to: headers, work sets, tables and the difficulty, by height. */
import {bytesOfHex} from "../codecs/bytes.js";
import {blockIdOf} from "../codecs/chain/block.js";
import {batchCountMaximum} from "../codecs/mining/merkle.js";
import type {ServedWork} from "../codecs/mining/work.js";
import {UnavailableError} from "../errors.js";
import type {QuotedHeader, WorkReads} from "./ledger/mining/context.js";
import type {DagSeed} from "./ledger/mining/dag.js";
import {difficultyAt} from "./ledger/mining/difficulty.js";
import {epochOf} from "./ledger/mining/epoch.js";
import {mixVersionAt} from "./ledger/mining/forks.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import type {State} from "./ledger/state/state.js";
import {MiningTables, type TableKind, type TablesPorts} from "./mining-tables.js";
import type {LedgerStore} from "./storage/store.js";
import {WorkSets} from "./work-sets.js";

export interface WorkPorts extends TablesPorts {
  readonly store: Pick<LedgerStore, "header">;
  /** Height of the committed tip; asked for every proof. */
  tipHeight(): bigint;
  readonly params: ChainParams;
  readonly tableKind: TableKind;
}

export class WorkDesk {
  readonly #sets: WorkSets;
  readonly #tables: MiningTables;

  constructor(private readonly ports: WorkPorts) {
    this.#sets = new WorkSets(ports.params, (height) => this.ports.store.header(height));
    this.#tables = new MiningTables((epoch) => this.#seedOf(epoch), ports.tableKind, ports);
  }

  /** Builds the current epoch's table; work is refused until it is there. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#tables.prepare(this.#epochAt(this.ports.tipHeight()), signal);
  }

  /** Whether the tip's epoch has its table, without which no proof can be verified. */
  get tableReady(): boolean {
    return this.#tables.has(this.#epochAt(this.ports.tipHeight()));
  }

  /** Builds the next epoch's table ahead of it, once it is known and no proof can be of the last epoch any more. */
  async prepareNext(): Promise<void> {
    const tip = this.ports.tipHeight();
    const epoch = this.#epochAt(tip);
    if (this.#oldestEpoch(tip) < epoch || !this.#sets.isDrawn(epoch + 1n, tip)) return;
    await this.#tables.prepare(epoch + 1n);
  }

  /** Work on the header at `height` of the chain that ends in `state`, or at the tip. @throws UnavailableError MINING_UNAVAILABLE */
  at(state: State, height: bigint | null): ServedWork {
    const {params} = this.ports;
    const tip = this.ports.tipHeight();
    const at = height === null || height > tip ? tip : height;
    const header = this.header(at);
    if (!header)
      throw new UnavailableError("MINING_UNAVAILABLE", `no header at height ${at}`, {
        hint: "try again in a few seconds",
      });
    const epoch = this.#epochAt(at);
    const {workSet, root} = this.#sets.at(epoch);
    // Refused until the table is there; nobody gets one built by asking for an epoch that no proof can be of.
    if (epoch >= this.#oldestEpoch(tip)) this.#tables.walk(epoch);
    return {
      epoch,
      height: at,
      headerHash: header.hash,
      difficulty: difficultyAt(state, at, params),
      dagEntries: params.mining.dagEntries,
      workSetRoot: root,
      workSet,
      batchCountMaximum: batchCountMaximum(workSet.length),
      blocksPerEpoch: params.mining.blocksPerEpoch,
      mixVersion: mixVersionAt(state, at),
      nextWorkSetRoot: this.#sets.isDrawn(epoch + 1n, tip) ? this.#sets.at(epoch + 1n).root : null,
    };
  }

  /** What the work in a proof is held to, by the chain that ends in `state`. */
  reads(state: State): WorkReads {
    const {params} = this.ports;
    return {
      workSet: (epoch) => this.#sets.at(epoch).workSet,
      lookup: this.#sets.lookup,
      walk: (epoch) => this.#tables.walk(epoch),
      difficulty: (height) => difficultyAt(state, height, params),
      mixVersion: (height) => mixVersionAt(state, height),
    };
  }

  /** A header that proofs may quote, or null. */
  header(height: bigint): QuotedHeader | null {
    const header = this.ports.store.header(height);
    return header ? {hash: bytesOfHex(blockIdOf(header)), timeMs: header.timeMs} : null;
  }

  #seedOf(epoch: bigint): DagSeed {
    return {epoch, workSetRoot: this.#sets.at(epoch).root, entries: this.ports.params.mining.dagEntries};
  }

  /** Epoch of the oldest header that a proof may still quote. */
  #oldestEpoch(tip: bigint): bigint {
    const {graceBlocks} = this.ports.params.mining;
    return this.#epochAt(tip > graceBlocks ? tip - graceBlocks : 0n);
  }

  #epochAt(height: bigint): bigint {
    return epochOf(height, this.ports.params.mining.blocksPerEpoch);
  }
}
