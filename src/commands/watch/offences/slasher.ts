/** Sends evidence in, once for each offence. */
import {QsdmError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";
import type {Signer} from "../../../node/keys/signer.js";
import {orderSlash} from "../../slash.js";
import {type Draft, draft, sign, termsOf} from "../../transaction.js";
import type {Charge} from "./charges.js";
import type {Claim, EvidenceDir} from "./evidence-dir.js";

export interface SlasherOptions {
  /** What each slash pays, in dust; `null` is the node's base fee. */
  readonly feeDust: bigint | null;
  readonly expiresInBlocks: bigint;
}

/** What became of a charge that should be submitted. After `dueHeight` it is looked at again. */
export type Submission =
  | {readonly done: "submitted"; readonly txId: string; readonly dueHeight: bigint}
  /** Somebody else has it, or it is punished: nothing was paid. */
  | {readonly done: "left"; readonly reason: string; readonly dueHeight: bigint};

/**
 * Refusals that say that the offence is taken care of. Two watchers with one wallet draft the very same transaction, so
 * the second of them is a duplicate.
 */
const TAKEN_CARE_OF: ReadonlySet<string> = new Set([
  "SLASH_OFFENCE_WAITING",
  "SLASH_EVIDENCE_REPLAYED",
  "POOL_DUPLICATE",
]);
/** Refusals after which another nonce will do. */
const NONCE_RACES: ReadonlySet<string> = new Set(["POOL_NONCE_TAKEN", "NONCE_USED"]);
const TRIES = 3;

export class Slasher {
  constructor(
    private readonly client: Client,
    private readonly signer: Signer,
    private readonly dir: EvidenceDir,
    private readonly options: SlasherOptions,
  ) {}

  /** @throws QsdmError when the node refuses the slash for another reason, or is not there */
  async submit({name, evidence, kind, nodeId}: Charge): Promise<Submission> {
    const {client} = this;
    const sender = this.signer.address;
    for (let tries = 1; ; tries++) {
      const terms = termsOf(await client.status());
      const charge = {evidence, kind, nodeId, amountDust: null, memo: ""};
      const order = await orderSlash(charge, {client, terms, sender});
      const {feeDust, expiresInBlocks} = this.options;
      const drafted = await draft(order, {sender, feeDust, nonce: null, expiresInBlocks}, {client, terms});
      // Claimed before it is sent: after a crash in between, the next run waits until this one has expired.
      const taken = await this.#claim(name, drafted, terms.height);
      if (taken) return {done: "left", reason: "another watcher has it", dueHeight: taken.expiresAtHeight};
      const dueHeight = drafted.content.expiresAtHeight;
      try {
        return {done: "submitted", txId: (await order.submit(client, sign(drafted, this.signer))).txId, dueHeight};
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        if (TAKEN_CARE_OF.has(error.code)) return {done: "left", reason: error.message, dueHeight};
        // What was not taken holds nothing back.
        if (error.exitCode !== 4) await this.#release(name, drafted);
        if (!NONCE_RACES.has(error.code) || tries >= TRIES) throw error;
      }
    }
  }

  /**
   * Claims the offence, or gives the claim that somebody else has on it. Another wallet's claim lasts as long as its transaction can be
   * included; one of this wallet is of a run that ended, since the node says that no slash for the offence waits.
   */
  async #claim(name: string, {txId, content}: Draft, height: bigint): Promise<Claim | null> {
    const made = {txId, sender: content.sender, expiresAtHeight: content.expiresAtHeight};
    if (await this.dir.claim(name, made)) return null;
    const known = await this.dir.claimOn(name);
    if (known && known.sender !== content.sender && known.expiresAtHeight >= height) return known;
    await this.dir.replaceClaim(name, made);
    return null;
  }

  #release(name: string, {txId, content}: Draft): Promise<void> {
    return this.dir.replaceClaim(name, {txId, sender: content.sender, expiresAtHeight: 0n});
  }
}
