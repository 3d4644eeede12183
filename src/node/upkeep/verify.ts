/** Holds a stored chain to its own digests, votes and rules, from the oldest block to the state. */
import {blockIdOf, type Certificate, type Header} from "../../codecs/chain/block.js";
import type {Genesis} from "../../codecs/chain/genesis.js";
import {receipt as receiptCodec} from "../../codecs/chain/receipt.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError} from "../../errors.js";
import {isBodyOf} from "../ledger/chain/assemble.js";
import {genesisBlock} from "../ledger/chain/genesis.js";
import {sectionRoot} from "../ledger/chain/sections.js";
import type {HashAll} from "../ledger/state/hashing.js";
import type {LedgerStore, StoredBlock, StoredHead} from "../storage/store.js";
import {loadCommitted} from "../stored-chain.js";
import {Voters} from "./voters.js";

/** How much is looked at; each level holds the ones before. */
export const VERIFY_LEVELS = ["files", "blocks", "votes", "execute"] as const;
export type VerifyLevel = (typeof VERIFY_LEVELS)[number];

/** Most findings that are told. */
const FINDINGS_MAX = 100;
/** Most receipts of a block that are read: as many as it can hold transactions. */
const RECEIPTS_MAX = 10_000;

export interface VerifyPorts {
  readonly store: LedgerStore;
  readonly genesis: Genesis;
  /** ML-DSA-44. */
  readonly verifyVote: VerifySignature;
  readonly hashAll: HashAll;
  readonly signal: AbortSignal;
  /** A block was looked at. */
  checked(height: bigint, to: bigint): void;
}

export interface VerifyReport {
  /** Height of the newest block; null for an empty store. */
  readonly height: bigint | null;
  /** Blocks whose headers, and whose bodies, were looked at. */
  readonly headers: number;
  readonly bodies: number;
  /** What is wrong, the first hundred. */
  readonly findings: readonly string[];
}

/** Looks at everything up to `level` but execution, which replays the chain (replay.ts). */
export async function verifyStore(level: VerifyLevel, ports: VerifyPorts): Promise<VerifyReport> {
  const {store} = ports;
  const findings: string[] = [...store.verify()].slice(0, FINDINGS_MAX);
  const find = (what: string): void => {
    if (findings.length < FINDINGS_MAX) findings.push(what);
  };
  const head = store.head();
  // In a file that is broken, every row may be.
  if (!head || level === "files" || findings.length > 0)
    return {height: head?.header.height ?? null, headers: 0, bodies: 0, findings};
  const counts = await new Verification(level, ports, find).run(head);
  return {height: head.header.height, ...counts, findings};
}

class Verification {
  readonly #voters: Voters;
  #bodies = 0;

  constructor(
    private readonly level: VerifyLevel,
    private readonly ports: VerifyPorts,
    private readonly find: (what: string) => void,
  ) {
    this.#voters = new Voters(ports);
  }

  async run(head: StoredHead): Promise<{headers: number; bodies: number}> {
    const {store, genesis, hashAll, signal, checked} = this.ports;
    const to = head.header.height;
    let parent: Header | null = null;
    for (let height = 0n; height <= to; height++) {
      signal.throwIfAborted();
      const header = this.#read(height, () => store.header(height));
      if (!header) this.find(`block ${height}: it is not there`);
      else {
        this.#checkHeader(header, parent, height, genesis);
        await this.#checkBlock(header, height);
        if (parent) await this.#checkReceipts(height - 1n, header.parentReceiptsRoot, `block ${height} names`);
      }
      parent = header;
      checked(height, to);
    }
    if (to > 0n) await this.#checkReceipts(to, head.receiptsRoot, "were stored with it");
    this.#read(to, () => loadCommitted(store, hashAll));
    return {headers: Number(to) + 1, bodies: this.#bodies};
  }

  /** What `read` gives, or null where it says that it cannot be read. */
  #read<T>(height: bigint, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.find(`block ${height}: ${error.message}`);
      return null;
    }
  }

  #checkHeader(header: Header, parent: Header | null, height: bigint, genesis: Genesis): void {
    if (header.height !== height) this.find(`block ${height}: its header is of height ${header.height}`);
    const expected = height === 0n ? genesisBlock(genesis).block.header.parentId : parent && blockIdOf(parent);
    if (expected !== null && header.parentId !== expected) this.find(`block ${height}: it has another parent`);
  }

  async #checkBlock(header: Header, height: bigint): Promise<void> {
    const {store} = this.ports;
    if (height > 0n && height <= store.prunedHeight()) return;
    let stored: StoredBlock | null;
    try {
      stored = await store.block(height);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      return this.find(`block ${height}: ${error.message}`);
    }
    if (!stored) return this.find(`block ${height}: its body is not there`);
    this.#bodies++;
    const {id, block, certificate} = stored;
    const own = blockIdOf(header);
    if (id !== own || blockIdOf(block.header) !== own)
      this.find(`block ${height}: header, body and id are not of one block`);
    if (!isBodyOf(block, this.ports.hashAll)) this.find(`block ${height}: the body does not give the header's roots`);
    if (height > 0n) this.#checkVotes(header, certificate);
  }

  #checkVotes(header: Header, certificate: Certificate): void {
    if (certificate.blockId !== blockIdOf(header)) this.find(`block ${header.height}: the votes are for another block`);
    if (this.level === "blocks") return;
    this.#read(header.height, () => this.#voters.check(certificate));
  }

  /** The receipts of a block, whose root the next one names, and the head of the store that of the newest. */
  async #checkReceipts(of: bigint, expected: string, source: string): Promise<void> {
    const {store, hashAll} = this.ports;
    const pruned = store.prunedHeight();
    if (of > 0n && of <= pruned) return;
    try {
      const receipts = await store.receipts({from: of, to: of, limit: RECEIPTS_MAX});
      // A snapshot brings no receipts of the block that it ends with.
      if (receipts.length === 0 && pruned > 0n && of === pruned + 1n) return;
      const encoded = [...receipts].reverse().map((each) => receiptCodec.encode(each));
      const root = sectionRoot(encoded, hashAll);
      if (root !== expected) this.find(`block ${of}: its receipts are not those that ${source}`);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.find(`block ${of}: a receipt: ${error.message}`);
    }
  }
}
