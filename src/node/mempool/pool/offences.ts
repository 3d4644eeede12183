/**
 * One slash for each offence. The ledger punishes an offence once and lets every later slash pay its fee for nothing, so
 * a node takes no second one from its clients: neither after the first was applied, nor while it waits.
 */
import {SLASH_CONTRACT} from "../../../codecs/slashing/payload.js";
import {RuleError} from "../../../errors.js";
import type {Call} from "../../ledger/chain/contract.js";
import type {Transaction} from "../../ledger/chain/transaction.js";
import {judge} from "../../ledger/slashing/judge.js";
import {evidence} from "../../ledger/state/stores.js";

/** Entries above which those whose slash waits no longer are dropped. */
const TIDY_ABOVE = 1_024;

export class WaitingOffences {
  readonly #byKey = new Map<string, string>();

  /** @param isWaiting whether a transaction is in the pool */
  constructor(private readonly isWaiting: (txId: string) => boolean) {}

  /** Whether a slash for this offence waits. */
  has(key: string): boolean {
    const txId = this.#byKey.get(key);
    if (txId === undefined) return false;
    if (this.isWaiting(txId)) return true;
    this.#byKey.delete(key);
    return false;
  }

  /**
   * The offence that a slash proves; `null` for everything else, and where the chain tells evidence apart by its bytes.
   * Evidence that proves nothing takes nobody's place: it could be sent to keep true evidence out.
   * @throws RuleError SLASH_EVIDENCE_REPLAYED, SLASH_OFFENCE_WAITING
   */
  check(transaction: Transaction, ground: Pick<Call, "state" | "block">): string | null {
    const {key, proves} = this.#judge(transaction, ground);
    if (key === null) return null;
    const seen = ground.state.get(evidence, key);
    const nothingLost = {hint: "nothing was paid; qsdm watch slashes --after 0 shows what became of it"};
    if (seen)
      throw new RuleError(
        "SLASH_EVIDENCE_REPLAYED",
        `this offence was slashed at height ${seen.slashedAtHeight}`,
        nothingLost,
      );
    if (this.has(key))
      throw new RuleError("SLASH_OFFENCE_WAITING", "a slash for this offence waits for a block already", nothingLost);
    return proves ? key : null;
  }

  /** The same for a slash that a node has acknowledged: it pays for its block, whatever else is about its offence. */
  offenceOf(transaction: Transaction, ground: Pick<Call, "state" | "block">): string | null {
    const {key, proves} = this.#judge(transaction, ground);
    return proves ? key : null;
  }

  #judge({content}: Transaction, {state, block}: Pick<Call, "state" | "block">) {
    const tells = content.contract === SLASH_CONTRACT && block.params.rules.evidenceReplay === "offence";
    if (!tells) return {key: null, proves: false};
    const {offenceKey: key, outcome} = judge(content, {state, block});
    return {key, proves: !(outcome instanceof RuleError)};
  }

  /** A slash for `key` was taken. */
  note(key: string, txId: string): void {
    this.#byKey.set(key, txId);
    if (this.#byKey.size <= TIDY_ABOVE) return;
    for (const [known, id] of this.#byKey) if (!this.isWaiting(id)) this.#byKey.delete(known);
  }
}
