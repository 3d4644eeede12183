/**
 * Blocks from a file, or from another store, put on a chain: each is held to its votes, executed, and written once what
 * came with it shows it to be final. Certified is not final: of two certified blocks of one height the chain keeps one.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {blockIdOf, type Certificate, type Header} from "../../codecs/chain/block.js";
import type {ChainFileBlock} from "../../codecs/chain/chain-file.js";
import {FINALITY_HEADERS_MAX} from "../../codecs/chain/finality.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {RuleError, UnavailableError} from "../../errors.js";
import type {Chain} from "../chain.js";
import {isThreeChain} from "../consensus/finality/proof.js";
import {checkCertificate} from "../consensus/votes/certificate.js";

export interface ReplayPorts {
  readonly chain: Chain;
  readonly verifyVote: VerifySignature;
  /** Builds the proof-of-work table that the tip's blocks are held to. */
  prepareTable(): Promise<void>;
}

/** What has to be known of a block to put it on a chain; its receipts follow from it. */
type Replayed = Omit<ChainFileBlock, "receipts">;

/** Between two looks for what a block needs. */
const RETRY_MS = 200;
const TRIES = 50;

export class Replay {
  /** Executed, and not yet shown to be final; in order of height. */
  #open: Replayed[] = [];

  constructor(private readonly ports: ReplayPorts) {}

  /** Blocks that were executed and lack what shows them final. */
  get unproved(): number {
    return this.#open.length;
  }

  /** Takes the block after the last one. @throws RuleError with what is wrong with it */
  async take(each: Replayed): Promise<void> {
    const {chain} = this.ports;
    const {block, certificate, closing} = each;
    this.#check(block.header, certificate);
    await this.#execute(each);
    this.#open.push(each);
    const id = blockIdOf(block.header);
    if (chain.endsEpoch(id) !== closing.length > 0)
      throw new RuleError(
        "CHAIN_FILE_INVALID",
        `block ${block.header.height}: its epoch does not end as the file says`,
      );
    let parentId = id;
    for (const {block: behind, certificate: votes} of closing) {
      this.#check(behind.header, votes);
      if (behind.header.parentId !== parentId)
        throw new RuleError("CHAIN_FILE_INVALID", `block ${behind.header.height} does not close its epoch`);
      chain.execute(behind, null);
      parentId = blockIdOf(behind.header);
    }
    await this.#commitFinal(closing.length > 0);
    if (this.#open.length > FINALITY_HEADERS_MAX)
      throw new RuleError("CHAIN_FILE_INVALID", `more than ${FINALITY_HEADERS_MAX} blocks without one that is final`);
  }

  /** Writes what is left, on the word of whoever gave the blocks. */
  async takeRest(): Promise<void> {
    await this.#commit(this.#open.length);
  }

  /** Forgets what is left. */
  dropRest(): void {
    this.ports.chain.forget(this.#open.map(({certificate}) => certificate.blockId));
    this.#open = [];
  }

  #check(header: Header, certificate: Certificate): void {
    const {chain, verifyVote: verify} = this.ports;
    const {blockId, epoch, height, view} = certificate;
    if (blockId !== blockIdOf(header) || epoch !== header.epoch || height !== header.height || view !== header.view)
      throw new RuleError("CERTIFICATE_INVALID", `block ${header.height} comes with the certificate of another one`);
    checkCertificate(certificate, {chainId: chain.params.chainId, committee: chain.committee, verify});
  }

  /** A block with proofs of work waits for its table. */
  async #execute({block}: Replayed): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        this.ports.chain.execute(block, null);
        return;
      } catch (error) {
        if (!(error instanceof UnavailableError) || tries === TRIES) throw error;
        await this.ports.prepareTable();
        await sleep(RETRY_MS);
      }
  }

  /** @param ends whether the last block ended its epoch, and has to be final by what closed that */
  async #commitFinal(ends: boolean): Promise<void> {
    const headers = this.#open.flatMap(({block, closing}) => [
      block.header,
      ...closing.map((each) => each.block.header),
    ]);
    let final = headers.length - 3;
    while (final >= 0 && !isThreeChain(headers.slice(final, final + 3))) final--;
    // Blocks that close an epoch stand behind the last one, and are of no height of the chain.
    const count = Math.min(final + 1, this.#open.length);
    if (ends && count < this.#open.length)
      throw new RuleError("CHAIN_FILE_INVALID", "the last block of an epoch is not shown to be final");
    await this.#commit(count);
  }

  async #commit(count: number): Promise<void> {
    for (const {certificate, closing} of this.#open.splice(0, count))
      await this.ports.chain.commit(certificate.blockId, certificate, closing);
  }
}
