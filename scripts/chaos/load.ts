/** Senders that pay each other at a steady rate, each through one validator, and remember what was acknowledged. */
import {setTimeout as sleep} from "node:timers/promises";
import {envelope, signingBytes, txIdOf} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {QsdmError} from "../../src/errors.js";
import type {Client} from "../../src/node/api/client.js";
import type {Signer} from "../../src/node/keys/signer.js";

const FEE_DUST = 10_000n;
/** As far ahead as the pool lets a transaction wait. */
const EXPIRES_IN = 9_000n;
const RETRY_MS = 100;
/** An earlier try got there, or a block has it already. */
const TAKEN = new Set(["POOL_DUPLICATE", "NONCE_USED"]);
/** What a validator says that has too much waiting. */
const LATER = new Set(["NONCE_TOO_HIGH", "POOL_FULL", "POOL_SENDER_FULL"]);

export interface Acknowledged {
  readonly txId: string;
  readonly sender: number;
  readonly by: number;
  readonly atMs: number;
}

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** What no validator should have said. */
  readonly refusals: string[] = [];
  #running: Promise<unknown> | null = null;
  #on = true;

  /** @param perSecond transactions of all senders together */
  constructor(
    private readonly plan: {
      readonly chainId: string;
      readonly senders: readonly Signer[];
      readonly clients: readonly Client[];
      readonly perSecond: number;
    },
  ) {}

  start(): void {
    this.#running = Promise.all(this.plan.senders.map((sender, i) => this.#pay(sender, i)));
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }

  async #pay(signer: Signer, at: number): Promise<void> {
    const {senders, clients, perSecond} = this.plan;
    const by = at % clients.length;
    const everyMs = (1_000 * senders.length) / perSecond;
    const to = senders[(at + 1) % senders.length]!.address;
    // Not all at the same moment.
    let dueMs = performance.now() + (everyMs * at) / senders.length;
    for (let nonce = 0n; this.#on; nonce++) {
      await sleep(Math.max(0, dueMs - performance.now()));
      dueMs += everyMs;
      const payload = transfer.encode({to, amountDust: 1n, memo: ""});
      await this.#send({signer, sender: at, by, nonce, payload});
    }
  }

  async #send(order: {signer: Signer; sender: number; by: number; nonce: bigint; payload: Uint8Array}): Promise<void> {
    const {signer, sender, by, nonce, payload} = order;
    const client = this.plan.clients[by]!;
    let signed: {txId: string; body: Uint8Array} | null = null;
    while (this.#on) {
      try {
        signed ??= this.#sign(signer, nonce, payload, (await client.status()).chainTip);
        await client.submit({body: signed.body});
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        const {code} = error;
        if (!TAKEN.has(code)) {
          if (error.exitCode !== 4 && !LATER.has(code)) this.refusals.push(`${code}: ${error.message}`);
          await sleep(RETRY_MS);
          continue;
        }
      }
      this.acknowledged.push({txId: signed!.txId, sender, by, atMs: Date.now()});
      return;
    }
  }

  #sign(signer: Signer, nonce: bigint, payload: Uint8Array, tip: bigint) {
    const content = {
      chainId: this.plan.chainId,
      sender: signer.address,
      nonce,
      expiresAtHeight: tip + EXPIRES_IN,
      maxFeeDust: FEE_DUST,
      tipDust: 0n,
      contract: TRANSFER_CONTRACT,
      payload,
    };
    const signature = signer.sign(signingBytes(content));
    // With the key each time: a validator that was away may not know it yet.
    return {txId: txIdOf(content), body: envelope.encode({content, publicKey: signer.publicKey, signature})};
  }
}
