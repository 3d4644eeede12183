/** Executes blocks, those that cannot be told yet again later, and writes what became final. */
import type {Certificate} from "../../codecs/chain/block.js";
import type {EpochRow} from "../../codecs/chain/epoch.js";
import {InvariantError, QsdmError, UnavailableError} from "../../errors.js";
import type {EffectOf, Input} from "../consensus/hotstuff/state.js";
import type {EngineCore} from "./core.js";
import type {EnginePorts} from "./ports.js";

/** Before what could not be executed is tried again. */
const RETRY_MS = 500;

export interface ExecutionPorts extends Pick<EnginePorts, "chain" | "clock" | "nowMs" | "log"> {
  readonly core: EngineCore;
  /** A block was executed. */
  executed(): void;
}

export class Execution {
  /** Blocks whose execution could not be told yet. */
  readonly #open = new Set<string>();
  #cancelRetry: () => void = () => {};

  constructor(private readonly ports: ExecutionPorts) {}

  cancel(): void {
    this.#cancelRetry();
  }

  /** Other voters: what was not final is gone. */
  clear(): void {
    this.cancel();
    this.#open.clear();
  }

  /** @returns what consensus is to know of it */
  execute(id: string, isFinal = false): readonly Input[] {
    const {chain, nowMs, log, core} = this.ports;
    const body = core.bodies.get(id);
    if (!body) return [];
    const {parentId, height} = body.block.header;
    try {
      if (!chain.isExecuted(parentId)) {
        const refused = core.state().blocks.get(parentId)?.verdict === "refused";
        if (refused) return [{type: "executed", blockId: id, valid: false}];
        throw new UnavailableError("PARENT_NOT_EXECUTED", `block ${parentId} was not executed yet`);
      }
      chain.execute(body.block, isFinal ? null : nowMs());
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      if (error instanceof UnavailableError) {
        this.#open.add(id);
        this.#armRetry();
        return [];
      }
      log.warn({err: error, id, height}, "refused a block");
      return [{type: "executed", blockId: id, valid: false}];
    }
    this.#open.delete(id);
    this.ports.executed();
    return [{type: "executed", blockId: id, valid: true}];
  }

  /** Whether nothing that this node says next depends on the commit. */
  canWait({blocks}: EffectOf<"commit">): boolean {
    const {chain} = this.ports;
    return blocks.every(({id}) => chain.isExecuted(id) && !chain.endsEpoch(id));
  }

  async commit({blocks, head}: EffectOf<"commit">): Promise<void> {
    const {chain, core} = this.ports;
    for (const {id, height, certificate} of blocks) {
      await this.#executeFinal(id, height);
      const ends = chain.endsEpoch(id);
      await chain.commit(id, certificate, ends ? this.#closing(id, head) : []);
      if (ends) return;
      core.bodies.remove([id]);
      this.#open.delete(id);
    }
  }

  #armRetry(): void {
    const {clock, core} = this.ports;
    this.#cancelRetry();
    this.#cancelRetry = clock.after(RETRY_MS, () => {
      void core.jobs.add(async () => {
        for (const id of [...this.#open]) {
          this.#open.delete(id);
          for (const input of this.execute(id)) await core.take(input);
        }
        return "accept";
      });
    });
  }

  /** The certified blocks on `id`, up to that of `head`, which made it final: the newest can be on another branch. */
  #closing(id: string, head: Certificate): EpochRow["closing"] {
    const branch = this.ports.core.bodies.certified(head);
    return branch.slice(branch.findIndex(({block}) => block.header.parentId === id));
  }

  /** More than two thirds voted for it: it is valid, or this node is broken. */
  async #executeFinal(id: string, height: bigint): Promise<void> {
    const {chain, clock, core} = this.ports;
    while (!chain.isExecuted(id)) {
      for (const input of this.execute(id, true))
        if (input.type === "executed" && !input.valid)
          throw new InvariantError(`block ${height} is final and does not hold here: ${id}`);
      if (chain.isExecuted(id)) return;
      if (core.jobs.stopped) throw new UnavailableError("NODE_STOPPING", "the node is stopping");
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}
