/**
 * Accounts that do what they can to the books: bids that outbid themselves, gaps in nonces, dust for thousands, transactions
 * that fail, votes that change the chain under way, accusations without proof, stakes that leave as soon as they came,
 * money behind keys of clients, streams, and rigs that mine twice. What each comes to is counted; a kind that never got into
 * the pool makes the run fail, and so does an accusation with proof that was not applied.
 */
import {setTimeout as sleep} from "node:timers/promises";
import {envelope, signingBytes, txIdOf} from "../../src/codecs/chain/envelope.js";
import {GOVERNANCE_CONTRACT, PARAM_SET, paramSet} from "../../src/codecs/governance/payloads.js";
import {QsdmError} from "../../src/errors.js";
import type {Client} from "../../src/node/api/client.js";
import type {MlDsa} from "../../src/node/compute/ml-dsa.js";
import type {Signer} from "../../src/node/keys/signer.js";
import {type Move, movesOf, VILLAINS} from "./moves.js";
import {OFFENDERS, Offender, type OffenderPlan} from "./offender.js";

const EVERY_MS = 1_000;
const EXPIRES_IN = 300n;
/** Enough for dust in as many new accounts, with a base fee that has doubled. */
const FEE_DUST = 160_000n;
/** Until a change that was voted on holds. */
const ACTIVATION_BLOCKS = 20n;

const AUTHORITIES = ["authority 0", "authority 1", "authority 2"] as const;
/** Accounts that the genesis has to endow, and those of them that vote. */
export const ATTACKERS = {all: [...VILLAINS, ...OFFENDERS, ...AUTHORITIES], authorities: AUTHORITIES} as const;
/** A rig lives this long at least. */
const OFFENCE_MS = 20_000;

export interface AdversaryPlan {
  readonly chainId: string;
  readonly clients: readonly Client[];
  readonly accountOf: (name: string) => Signer;
  /** ML-DSA-44, for voting keys that stake. */
  readonly votes: MlDsa;
  /** What a rig locks. */
  readonly bondDust: bigint;
}

export class Adversary {
  /** By who did it: transactions that a validator took. */
  readonly taken = new Map<string, number>();
  /** By code. */
  readonly refused = new Map<string, number>();
  /** What no validator should answer to any of this. */
  readonly faults: string[] = [];
  readonly #offender: Offender;
  readonly #abort = new AbortController();
  #running: Promise<unknown> | null = null;

  constructor(private readonly plan: AdversaryPlan) {
    const {clients, votes: _votes, ...shared} = plan;
    const client = clients[0]!;
    const send: OffenderPlan["send"] = (signer, call) => this.#call("offenders", signer, client, call);
    this.#offender = new Offender({...shared, client, send});
  }

  /** Ids of slashes with proof. */
  get slashes(): readonly string[] {
    return this.#offender.slashes;
  }

  get #on(): boolean {
    return !this.#abort.signal.aborted;
  }

  start(): void {
    const rounds = [...VILLAINS.map((who, i) => this.#repeat(who, i)), this.#govern(), this.#offend()];
    this.#running = Promise.all(rounds);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #repeat(who: (typeof VILLAINS)[number], at: number): Promise<void> {
    const {accountOf, clients, chainId, votes} = this.plan;
    const signer = accountOf(who);
    const party = accountOf("client of a quorum");
    const client = clients[at % clients.length]!;
    for (let round = 0; this.#on; round++) {
      const nonce = await this.#ask(async () => (await client.nonce({sender: signer.address})).nextFree ?? 0n);
      if (nonce !== null)
        for (const move of movesOf(who, {chainId, votes, client: party, sender: signer.address, round, nonce}))
          await this.#send(who, signer, client, move);
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
          await this.#call("authorities", accountOf(name), client, {contract: GOVERNANCE_CONTRACT, payload});
        }
      }
      await sleep(5 * EVERY_MS);
    }
  }

  /** One rig after the other enrolls, and cheats or leaves. */
  async #offend(): Promise<void> {
    const {signal} = this.#abort;
    for (let round = 0; this.#on; round++) {
      const work = () => this.#offender.play(round, signal);
      await Promise.all([this.#ask(work), sleep(OFFENCE_MS, undefined, {signal})]).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** With the next nonce of the account. */
  async #call(who: string, signer: Signer, client: Client, call: Omit<Move, "nonce">): Promise<string | null> {
    const nonce = await this.#ask(async () => (await client.nonce({sender: signer.address})).nextFree ?? 0n);
    return nonce === null ? null : this.#send(who, signer, client, {...call, nonce});
  }

  /** @returns the transaction's id; null when it was refused */
  async #send(who: string, signer: Signer, client: Client, {tipDust = 0n, ...move}: Move): Promise<string | null> {
    const tip = await this.#ask(async () => (await client.status()).chainTip);
    if (tip === null) return null;
    const content = {
      ...{chainId: this.plan.chainId, sender: signer.address, ...move},
      ...{expiresAtHeight: tip + EXPIRES_IN, maxFeeDust: FEE_DUST + tipDust, tipDust},
    };
    const body = envelope.encode({content, publicKey: signer.publicKey, signature: signer.sign(signingBytes(content))});
    if ((await this.#ask(() => client.submit({body}))) === null) return null;
    this.taken.set(who, (this.taken.get(who) ?? 0) + 1);
    return txIdOf(content);
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
    return [...VILLAINS, "authorities", "offenders"].filter((who) => !this.taken.has(who));
  }
}
