/**
 * What must hold of batches: an honest validator says one word for each creator and round, certificates are made of what
 * a quorum said, and a block takes what is held and was not taken before. Counts by itself, from what leaves the nodes.
 */
import {equalBytes} from "../../src/codecs/bytes.js";
import type {Block} from "../../src/codecs/chain/block.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {type Availability, ackContent} from "../../src/codecs/dag/availability.js";
import {type BatchRef, batchIdOf} from "../../src/codecs/dag/batch.js";
import {type DagMessage, dagMessage} from "../../src/codecs/dag/message.js";
import type {CheckerPorts, Violation} from "./checkers.js";
import type {Letter} from "./network.js";

export interface BatchCheckerPorts extends CheckerPorts {
  votersOf(epoch: bigint): Genesis["validators"] | null;
  /** Place of a node among the voters of an epoch. */
  indexOf(epoch: bigint, node: number): number;
  fail(checker: Extract<Violation["checker"], "batches" | "availability">, what: string): void;
}

export class BatchChecker {
  /** By "node/round" and "node/creator/round". */
  readonly #made = new Map<string, string>();
  readonly #acked = new Map<string, string>();
  /** Honest nodes that hold a batch, by its id. */
  readonly #holders = new Map<string, Set<number>>();
  readonly #sound = new Set<string>();
  /** Height that took the batch at "creator/round". */
  readonly #taken = new Map<string, bigint>();
  #last: {readonly bytes: Uint8Array; readonly message: DagMessage} | null = null;

  constructor(private readonly ports: BatchCheckerPorts) {}

  /** A message on the channel of batches leaves an honest node. */
  left({from, message: bytes}: Letter): void {
    const message = this.#read(bytes);
    switch (message.type) {
      case "batch": {
        const {header} = message.batch.signed;
        const id = batchIdOf(header);
        this.#hold(id, from);
        const {epoch, round, creator} = header;
        if (creator === this.ports.indexOf(epoch, from))
          this.#once(this.#made, `batch of n${from}, round ${epoch}/${round}`, id);
        return;
      }
      case "ack": {
        const {epoch, ref, validator} = message.ack;
        if (validator !== this.ports.indexOf(epoch, from))
          this.#fail("batches", `n${from} acknowledges as n${validator}`);
        this.#hold(ref.batchId, from);
        this.#once(this.#acked, `ack of n${from} for ${ref.creator}, round ${epoch}/${ref.round}`, ref.batchId);
        return;
      }
      case "certificate":
        return this.#certificate(message.certificate);
    }
  }

  /** What is published leaves once for each receiver, one after the other. */
  #read(bytes: Uint8Array): DagMessage {
    if (!this.#last || !equalBytes(bytes, this.#last.bytes)) this.#last = {bytes, message: dagMessage.decode(bytes)};
    return this.#last.message;
  }

  /** An honest node has a final block. */
  committed({header: {height, epoch}, batches, transactions}: Block): void {
    if (transactions.length > 0 && batches.length === 0) this.#fail("batches", `height ${height} is of no batch`);
    for (const ref of batches) {
      const place = `${epoch}/${ref.creator}/${ref.round}`;
      const before = this.#taken.get(place) ?? height;
      if (before !== height) this.#fail("batches", `height ${height} takes batch ${place} again, after ${before}`);
      this.#taken.set(place, height);
      this.#available(ref, {epoch, height});
    }
  }

  /** Enough honest nodes hold it for it to be had whatever the others do. */
  #available({batchId, creator, round}: BatchRef, {epoch, height}: {epoch: bigint; height: bigint}): void {
    const voters = this.ports.votersOf(epoch)!;
    const power = (node: number): bigint => voters[this.ports.indexOf(epoch, node)]?.power ?? 0n;
    const nodes = [...(this.#holders.get(batchId) ?? [])];
    const held = nodes.reduce((sum, node) => sum + power(node), 0n);
    // Whoever is a quorum by itself tells nobody before the block.
    const alone = voters.some(({power}, i) => i === creator && 3n * power > 2n * powerOfAll(voters));
    if (held < honestShare(voters) && !alone)
      this.#fail(
        "availability",
        `height ${height} takes batch ${creator}/${round}, which ${nodes.length} honest nodes hold`,
      );
  }

  #certificate({epoch, ref, acks}: Availability): void {
    const {genesis, crypto} = this.ports;
    const voters = this.ports.votersOf(epoch);
    if (!voters) return this.#fail("batches", `certificate of epoch ${epoch}, which nobody began`);
    const key = `${epoch}/${ref.batchId}/${acks.map(({validator}) => validator)}`;
    if (this.#sound.has(key)) return;
    this.#sound.add(key);
    const {round, creator, batchId} = ref;
    const bytes = ackContent.encode({chainId: genesis.chainId, epoch, round, creator, batchId});
    const signers = new Set(
      acks
        .filter(({validator, signature}) => {
          const member = voters[validator];
          return member !== undefined && crypto.votes.verify(member.publicKey, bytes, signature);
        })
        .map(({validator}) => validator),
    );
    const power = [...signers].reduce((sum, each) => sum + voters[each]!.power, 0n);
    if (signers.size !== acks.length || 3n * power <= 2n * powerOfAll(voters))
      this.#fail("batches", `certificate of batch ${creator}/${round} is of ${signers.size} members`);
  }

  #fail(...violation: Parameters<BatchCheckerPorts["fail"]>): void {
    this.ports.fail(...violation);
  }

  #hold(batchId: string, node: number): void {
    this.#holders.set(batchId, (this.#holders.get(batchId) ?? new Set()).add(node));
  }

  #once(seen: Map<string, string>, slot: string, batchId: string): void {
    const before = seen.get(slot) ?? batchId;
    if (before !== batchId) this.#fail("batches", `second ${slot}: ${batchId.slice(0, 8)} after ${before.slice(0, 8)}`);
    seen.set(slot, batchId);
  }
}

/** Power of those who hold what a quorum said it has, whatever a third of the voters does. */
export function honestShare(voters: Genesis["validators"]): bigint {
  const total = powerOfAll(voters);
  return (2n * total) / 3n + 1n - (total - 1n) / 3n;
}

const powerOfAll = (voters: Genesis["validators"]): bigint => voters.reduce((sum, {power}) => sum + power, 0n);
