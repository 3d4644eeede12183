/** Brings the blocks that this node lacks, from whoever has them; every one is held to its certificate. */
import type {Certificate} from "../../codecs/chain/block.js";
import {block as blockCodec, certificate as certificateCodec} from "../../codecs/chain/block.js";
import {
  BRANCH_BLOCKS_MAX,
  BRANCH_PROTOCOL,
  type BranchAnswer,
  branchAnswer,
  branchRequest,
} from "../../codecs/consensus/branch.js";
import {QsdmError} from "../../errors.js";
import {originCertificate} from "../consensus/hotstuff/state.js";
import {MESSAGE_MAX_BYTES, type Network} from "../network/port.js";
import type {Log} from "../service.js";
import type {LedgerStore} from "../storage/store.js";

/** Blocks of an answer and their certificates, in bytes, so that it stays below what a message may be. */
const ANSWER_BYTES = MESSAGE_MAX_BYTES / 2;
const PAUSE_MS = 1_000;
/** Of one peer; each answer is megabytes to unpack and to write, on the thread that everything else runs on. */
const REQUESTS_PER_SECOND = 4;

type Certified = BranchAnswer["blocks"][number];

export interface CatchUpPorts {
  readonly network: Network;
  readonly store: Pick<LedgerStore, "block" | "head" | "epochFrom">;
  /** Certified blocks above the final one, in order of height. */
  newest(): readonly Certified[];
  /** Takes one; whether it was news. */
  take(each: Certified, justify: Certificate): Promise<boolean>;
  readonly log: Log;
  sleep(ms: number): Promise<void>;
}

export class CatchUp {
  #wanted = false;
  #running: Promise<void> | null = null;
  #next = 0;
  #stopped = false;

  constructor(private readonly ports: CatchUpPorts) {
    const serve = async (body: Uint8Array): Promise<Uint8Array> => this.#answer(branchRequest.decode(body));
    ports.network.serve(BRANCH_PROTOCOL, serve, {maxBytes: 64, perSecond: REQUESTS_PER_SECOND});
  }

  /** Something is missing here: asks until nobody has more. */
  want(): void {
    this.#wanted = true;
    if (this.#running || this.#stopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      const peers = this.ports.network.peers();
      let idle = 0;
      // Each peer in turn, until a whole round of them brought nothing.
      while (idle < peers.length && !this.#stopped) {
        const {id} = peers[this.#next++ % peers.length]!;
        idle = (await this.#ask(id)) ? 0 : idle + 1;
      }
      if (this.#wanted) await this.ports.sleep(PAUSE_MS);
    }
  }

  /** Whether the peer had anything that is new here. */
  async #ask(peer: string): Promise<boolean> {
    const {network, store, log} = this.ports;
    try {
      const head = store.head()!;
      const {height} = head.header;
      const body = branchRequest.encode({from: height + 1n, count: BRANCH_BLOCKS_MAX});
      const bytes = await network.request(peer, BRANCH_PROTOCOL, body, {maxBytes: MESSAGE_MAX_BYTES});
      const known = new Map([[head.id, (await store.block(height))!.certificate]]);
      let news = false;
      for (const each of branchAnswer.decode(bytes).blocks) {
        const parent = known.get(each.block.header.parentId);
        if (this.#stopped || !parent) return news;
        if (await this.ports.take(each, justifyOf(each, parent))) news = true;
        known.set(each.certificate.blockId, each.certificate);
      }
      return news;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      log.debug({err: error, peer}, "a peer did not serve blocks");
      return false;
    }
  }

  async #answer({from, count}: {from: bigint; count: number}): Promise<Uint8Array> {
    const blocks: Certified[] = [];
    let bytes = 0;
    const put = (each: Certified): boolean => {
      bytes += blockCodec.encode(each.block).length + certificateCodec.encode(each.certificate).length;
      // One block is always served, however large.
      if (blocks.length >= Math.min(count, BRANCH_BLOCKS_MAX) || (blocks.length > 0 && bytes > ANSWER_BYTES))
        return false;
      blocks.push(each);
      return true;
    };
    let height = from > 0n ? from : 1n;
    for (; ; height++) {
      const stored = await this.ports.store.block(height);
      if (!stored) break;
      // Behind the last block of an epoch come those that closed it, which are of no height of the chain.
      const closing = this.ports.store.epochFrom(height)?.closing ?? [];
      for (const each of [{block: stored.block, certificate: stored.certificate}, ...closing])
        if (!put(each)) return branchAnswer.encode({blocks});
    }
    for (const each of this.ports.newest()) if (each.block.header.height >= height && !put(each)) break;
    return branchAnswer.encode({blocks});
  }
}

/** What a block stands on: the certificate of its parent, or that its epoch begins there. */
const justifyOf = ({block}: Certified, parent: Certificate): Certificate => {
  const {epoch} = block.header;
  const {blockId: id, height, view} = parent;
  return parent.epoch === epoch ? parent : originCertificate(epoch, {id, height, view});
};
