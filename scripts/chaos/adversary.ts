/**
 * Accounts that do what they can to the books: bids that outbid themselves, gaps in nonces, dust for thousands, transactions
 * that fail, votes that change the chain under way, accusations without proof, stakes that leave as soon as they came, and
 * streams. What each comes to is counted; a kind that never got into the pool makes the run fail.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {envelope, signingBytes} from "../../src/codecs/chain/envelope.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {STREAM_CONTRACT} from "../../src/codecs/chain/stream.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  votingKeyClaim,
} from "../../src/codecs/chain/validator-payloads.js";
import {streamAction} from "../../src/codecs/envelopes/actions.js";
import {GOVERNANCE_CONTRACT, PARAM_SET, paramSet} from "../../src/codecs/governance/payloads.js";
import {sha3} from "../../src/codecs/hash.js";
import {SLASH_CONTRACT, slashPayload} from "../../src/codecs/slashing/payload.js";
import {actionOf} from "../../src/commands/stream/order.js";
import {QsdmError} from "../../src/errors.js";
import type {Client} from "../../src/node/api/client.js";
import type {MlDsa} from "../../src/node/compute/ml-dsa.js";
import type {Signer} from "../../src/node/keys/signer.js";

const EVERY_MS = 1_000;
const EXPIRES_IN = 300n;
const FEE_DUST = 20_000n;
const DUST_PAYMENTS = 64;
const STAKE_DUST = 10_000_000_000n;
/** Until a change that was voted on holds. */
const ACTIVATION_BLOCKS = 20n;

/** Who they are; each has an account of its own. */
export const VILLAINS = ["griefer", "gapper", "duster", "failer", "accuser", "staker", "streamer"] as const;
export const AUTHORITIES = ["authority 0", "authority 1", "authority 2"] as const;
type Villain = (typeof VILLAINS)[number];

/** One transaction of an act. */
interface Move {
  readonly contract: string;
  readonly payload: Uint8Array;
  readonly nonce: bigint;
  readonly tipDust?: bigint;
}

export interface AdversaryPlan {
  readonly chainId: string;
  readonly clients: readonly Client[];
  readonly accountOf: (name: string) => Signer;
  /** ML-DSA-44, for voting keys that stake. */
  readonly votes: MlDsa;
}

export class Adversary {
  /** By who did it: transactions that a validator took. */
  readonly taken = new Map<string, number>();
  /** By code. */
  readonly refused = new Map<string, number>();
  /** What no validator should answer to any of this. */
  readonly faults: string[] = [];
  #running: Promise<unknown> | null = null;
  #on = true;

  constructor(private readonly plan: AdversaryPlan) {}

  start(): void {
    const rounds = [...VILLAINS.map((who, i) => this.#repeat(who, i)), this.#govern()];
    this.#running = Promise.all(rounds);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }

  async #repeat(who: Villain, at: number): Promise<void> {
    const signer = this.plan.accountOf(who);
    const client = this.plan.clients[at % this.plan.clients.length]!;
    for (let round = 0; this.#on; round++) {
      const nonce = await this.#ask(async () => (await client.nonce({sender: signer.address})).nextFree ?? 0n);
      if (nonce !== null)
        for (const move of this.#moves(who, {signer, round, nonce})) await this.#send(who, signer, client, move);
      await sleep(EVERY_MS);
    }
  }

  /** Three votes of which two are enough, each through another validator. */
  async #govern(): Promise<void> {
    const {clients, accountOf} = this.plan;
    for (let round = 0; this.#on; round++) {
      const tip = await this.#ask(async () => (await clients[0]!.status()).chainTip);
      if (tip !== null) {
        const payload = paramSet.encode({
          ...{kind: PARAM_SET, param: "reward_bps", value: BigInt(round % 5_000)},
          ...{effectiveHeight: tip + ACTIVATION_BLOCKS, memo: ""},
        });
        for (const [i, name] of AUTHORITIES.entries()) {
          const client = clients[i % clients.length]!;
          const signer = accountOf(name);
          const nonce = await this.#ask(async () => (await client.nonce({sender: signer.address})).nextFree ?? 0n);
          if (nonce !== null)
            await this.#send("authorities", signer, client, {contract: GOVERNANCE_CONTRACT, payload, nonce});
        }
      }
      await sleep(5 * EVERY_MS);
    }
  }

  #moves(who: Villain, {signer, round, nonce}: {signer: Signer; round: number; nonce: bigint}): readonly Move[] {
    const pay = (amountDust: bigint) => ({
      contract: TRANSFER_CONTRACT,
      payload: transfer.encode({to: someone(who, round), amountDust, memo: ""}),
    });
    switch (who) {
      case "griefer":
        // Each bids more for the place of the one before.
        return [0n, 4_000n, 9_000n, 15_000n].map((tipDust) => ({...pay(1n), nonce, tipDust}));
      case "gapper":
        // The gap is closed every fifth time.
        return round % 5 === 4 ? [{...pay(1n), nonce}] : [{...pay(1n), nonce: nonce + 1n + BigInt(round % 5)}];
      case "duster": {
        const payments = Array.from({length: DUST_PAYMENTS}, (_, i) => ({
          to: someone(`${who} ${i}`, round),
          amountDust: 1n,
          memo: "",
        }));
        return [{contract: BATCH_TRANSFER_CONTRACT, payload: batchTransfer.encode({payments}), nonce}];
      }
      case "failer":
        return [
          {...pay(1n << 60n), nonce},
          {
            contract: LEAVE_CONTRACT,
            payload: validatorLeave.encode({validator: someone(who, round)}),
            nonce: nonce + 1n,
          },
        ];
      case "accuser": {
        const evidence = utf8(`{"round":${round}}`);
        const payload = slashPayload.encode({
          ...{nodeId: `rig-${round}`, evidenceKind: "double-mining", evidence, slashAmountDust: 1n, memo: ""},
        });
        return [{contract: SLASH_CONTRACT, payload, nonce}];
      }
      case "staker":
        return this.#stake(signer, {round, nonce});
      case "streamer":
        return this.#stream(signer, {round, nonce});
    }
  }

  /** Joins and leaves before anybody could elect it: what it staked is on its way back from then on. */
  #stake(signer: Signer, {round, nonce}: {round: number; nonce: bigint}): readonly Move[] {
    if (round % 15 !== 0) return [];
    const {votes, chainId} = this.plan;
    const {publicKey, secretKey} = votes.keygenFromSeed(sha3(utf8(`adversary voter ${round}`)));
    const possession = votes.sign(secretKey, votingKeyClaim(chainId, signer.address, publicKey));
    const joined = validatorJoin.encode({publicKey, amountDust: STAKE_DUST, possession});
    const left = validatorLeave.encode({validator: validatorIdOf(publicKey)});
    return [
      {contract: JOIN_CONTRACT, payload: joined, nonce},
      {contract: LEAVE_CONTRACT, payload: left, nonce: nonce + 1n},
    ];
  }

  /** Opens and closes; every third one stays open with its escrow. */
  #stream(signer: Signer, {round, nonce}: {round: number; nonce: bigint}): readonly Move[] {
    const host = {
      now: () => Date.now(),
      randomBytes: (size: number) => sha3(utf8(`${size} ${round}`)).subarray(0, size),
    };
    const common = {sender: signer.address, streamId: `s-${round}`} as const;
    const opened = actionOf(host, {
      ...{...common, action: "open", provider: someone("provider", 0), serviceId: "chaos"},
      ...{deviceIdHash: hexOf(sha3(utf8("device"))), sessionPublicKey: hexOf(sha3(utf8(`session ${round}`)))},
      ...{priceDust: 7n, pricePeriodSeconds: 3n, budgetDust: 1_001n, maxActiveSeconds: 60n},
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const open = {contract: STREAM_CONTRACT, payload: streamAction.encode(opened), nonce};
    if (round % 3 === 0) return [open];
    const closed = actionOf(host, {...common, action: "close"});
    return [open, {contract: STREAM_CONTRACT, payload: streamAction.encode(closed), nonce: nonce + 1n}];
  }

  async #send(who: string, signer: Signer, client: Client, {tipDust = 0n, ...move}: Move): Promise<void> {
    const tip = await this.#ask(async () => (await client.status()).chainTip);
    if (tip === null) return;
    const content = {
      ...{chainId: this.plan.chainId, sender: signer.address, ...move},
      ...{expiresAtHeight: tip + EXPIRES_IN, maxFeeDust: FEE_DUST + tipDust, tipDust},
    };
    const body = envelope.encode({content, publicKey: signer.publicKey, signature: signer.sign(signingBytes(content))});
    if ((await this.#ask(() => client.submit({body}))) !== null) this.taken.set(who, (this.taken.get(who) ?? 0) + 1);
  }

  /** What a validator answers; `null` when it refuses, which is counted. */
  async #ask<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1);
      if (error.exitCode === 1) this.faults.push(`a villain met a bug: ${error.message}`);
      return null;
    }
  }

  /** Kinds of which nothing was ever taken. */
  idle(): readonly string[] {
    return [...VILLAINS, "authorities"].filter((who) => !this.taken.has(who));
  }
}

const someone = (what: string, round: number): string => hexOf(sha3(utf8(`${what} ${round}`)));
