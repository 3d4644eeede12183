/**
 * Brings the blocks that this node lacks, many or few, from whoever has them (docs/decisions/0071-sync.md). Each round
 * takes headers of one peer, held to the votes for the last one, and the blocks that they name from all of them.
 */
import type {Certificate} from "../../../codecs/chain/block.js";
import {
  type Certified,
  HEADERS_MAX,
  HEADERS_PROTOCOL,
  type HeadersAnswer,
  headersAnswer,
  headersRequest,
} from "../../../codecs/network/sync.js";
import {QsdmError} from "../../../errors.js";
import {originCertificate} from "../../consensus/hotstuff/state.js";
import {MESSAGE_MAX_BYTES, type Network, type PeerId} from "../../network/port.js";
import type {Log} from "../../service.js";
import type {LedgerStore} from "../../storage/store.js";
import type {Clock} from "../ports.js";
import {Download} from "./download.js";
import {Progress, type SyncState} from "./progress.js";
import {checkHeaders, type SyncBase, type SyncGround, type Wanted} from "./served.js";
import {Sources} from "./sources.js";
import {emptyTally, type SyncTally} from "./tally.js";

const PAUSE_MS = 1_000;
/** Proposals so far above the headers that are known are of use: they wait for their parent. */
const AHEAD_BLOCKS = 16n;

/** What became of a block that was served: `refused` ends what goes on from it. */
export type Taken = "news" | "known" | "refused";

export interface CatchUpPorts {
  readonly network: Pick<Network, "peers" | "request" | "reject">;
  readonly store: Pick<LedgerStore, "certificate">;
  /** The newest final block. */
  tip(): SyncBase;
  readonly clock: Pick<Clock, "nowMs" | "after">;
  /** What blocks of the current epoch are held against. */
  ground(): SyncGround;
  take(each: Certified, justify: Certificate): Promise<Taken>;
  readonly log: Log;
  /** The node cannot go on. */
  failed(error: unknown): void;
}

export class CatchUp {
  readonly tally: SyncTally = emptyTally();
  readonly #sources: Sources;
  readonly #progress: Progress;
  #wanted = false;
  #running: Promise<void> | null = null;
  #isStopped = false;
  /** Ends the wait that is under way. */
  #interrupt: () => void = () => {};
  /** Height of the newest header that is known, while there are more to come. */
  #known: bigint | null = null;

  constructor(private readonly ports: CatchUpPorts) {
    const nowMs = (): number => ports.clock.nowMs();
    this.#sources = new Sources({network: ports.network, nowMs});
    this.#progress = new Progress({nowMs, log: ports.log});
  }

  /** Something is missing here: asks until nobody has more. */
  want(): void {
    this.#wanted = true;
    if (this.#running || this.#isStopped) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#isStopped = true;
        this.ports.failed(error);
      })
      .finally(() => {
        this.#running = null;
        // Asked for after the last look at it, and before this.
        if (this.#wanted) this.want();
      });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#interrupt();
    await this.#running;
  }

  state(): SyncState {
    return this.#progress.state(this.ports.tip().height);
  }

  /** Whether a proposal is of no use yet: many blocks below it are not even known by their headers. */
  isFar(height: bigint): boolean {
    return this.#known !== null && height > this.#known + AHEAD_BLOCKS;
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#isStopped) {
      this.#wanted = false;
      const before = this.tally.answers;
      // Each peer in turn, until a whole round of them brought nothing.
      const asked = new Set<PeerId>();
      for (let peer = this.#sources.next(asked); peer !== null && !this.#isStopped; peer = this.#sources.next(asked)) {
        asked.add(peer);
        const isLate = this.#sources.isLate(peer);
        const {requests} = this.tally;
        if (await this.#follow(peer)) asked.clear();
        // What is missing now is not to wait for one late peer after the other.
        else if (isLate && this.tally.requests > requests && this.#wanted) break;
      }
      // Those that are there and silent may have what is missing.
      if (asked.size > 0 && this.tally.answers === before) this.#wanted = true;
      this.#known = null;
      this.#progress.end(this.ports.tip().height);
      if (this.#wanted && !this.#isStopped) await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.ports.clock.after(PAUSE_MS, resolve);
      this.#interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Takes what a peer has headers of. @returns whether anything was new here */
  async #follow(peer: PeerId): Promise<boolean> {
    const {clock, log} = this.ports;
    const base = this.ports.tip();
    const ground = this.ports.ground();
    const answer = await this.#headersOf(peer, base, ground);
    if (!answer || this.#isStopped) return false;
    if (answer.whole > base.height + 1n) this.#pruned(peer, answer.whole, base.height);
    if (answer.headers.length === 0) return false;
    const parts = {network: this.ports.network, clock, sources: this.#sources, tally: this.tally, log};
    let download: Download;
    let wanted: readonly Wanted[];
    try {
      wanted = checkHeaders(answer, base, ground);
      download = new Download(wanted, ground, parts);
      await download.keep(0, answer.blocks);
    } catch (error) {
      if (error instanceof QsdmError) this.#lied(peer, error);
      else throw error;
      return false;
    }
    // It can have come to an end while what came was looked at.
    if (this.#isStopped) return false;
    const last = base.height + BigInt(wanted.length);
    this.#known = wanted.length === HEADERS_MAX ? last : null;
    this.#interrupt = () => download.close();
    const news = await this.#take(download, base, last);
    // Whoever has the headers has the blocks, or had them: somebody will.
    if (!download.complete) this.#wanted = true;
    return news;
  }

  async #take(download: Download, base: SyncBase, last: bigint): Promise<boolean> {
    const {store, take, tip} = this.ports;
    let parent = (await store.certificate(base.height))!;
    let news = false;
    for await (const each of download.inOrder()) {
      const taken = await take(each, justifyOf(each, parent));
      if (taken === "refused") break;
      if (taken === "news") {
        news = true;
        this.tally.blocks++;
      }
      parent = each.certificate;
      const target = this.#sources.target();
      this.#progress.note(tip().height, target > last ? target : last);
    }
    return news;
  }

  async #headersOf(peer: PeerId, {height}: SyncBase, {committee}: SyncGround): Promise<HeadersAnswer | null> {
    const {network, clock, log} = this.ports;
    const {epoch} = committee;
    const patienceMs = this.#sources.patienceOf(peer);
    if (patienceMs === null) return null;
    const late = new AbortController();
    const cancel = clock.after(patienceMs, () => late.abort());
    this.#interrupt = () => late.abort();
    const sinceMs = clock.nowMs();
    this.tally.requests++;
    let bytes: Uint8Array;
    try {
      const body = headersRequest.encode({epoch, from: height + 1n, count: HEADERS_MAX});
      const how = {signal: late.signal, maxBytes: MESSAGE_MAX_BYTES};
      bytes = await network.request(peer, HEADERS_PROTOCOL, body, how);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      log.debug({err: error, peer}, "a peer did not serve headers");
      this.tally.failures++;
      this.#sources.failed(peer);
      return null;
    } finally {
      cancel();
    }
    try {
      const answer = headersAnswer.decode(bytes);
      this.tally.answers++;
      this.#sources.answered(peer, {newest: answer.newest, ms: clock.nowMs() - sinceMs});
      return answer;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.#lied(peer, error);
      return null;
    }
  }

  /** It has what this node needs no more: an honest peer, and of no use for now. */
  #pruned(peer: PeerId, whole: bigint, height: bigint): void {
    this.tally.pruned++;
    if (this.#sources.pruned(peer))
      this.ports.log.warn(
        {peer, height, whole},
        "a peer has pruned the blocks that are missing here: an archive node has them, as a peer or in a file for store import",
      );
  }

  #lied(peer: PeerId, err: QsdmError): void {
    this.tally.lies++;
    this.ports.log.warn({err, peer}, "a peer served headers that do not hold");
    this.#sources.lied(peer);
  }
}

/** What a block stands on: the certificate of its parent, or that its epoch begins there. */
const justifyOf = ({block}: Certified, parent: Certificate): Certificate => {
  const {epoch} = block.header;
  const {blockId: id, height, view} = parent;
  return parent.epoch === epoch ? parent : originCertificate(epoch, {id, height, view});
};
