/**
 * Runs the bodies of blocks: payments in lanes, and where the operator wants it a second time, one by one. What one by one
 * gives is what counts (docs/decisions/0084-lanes.md).
 */
import {isDeepStrictEqual} from "node:util";
import {equalBytes} from "../codecs/bytes.js";
import {receipt} from "../codecs/chain/receipt.js";
import {QsdmError} from "../errors.js";
import type {ExecutionCheck} from "./execution-check.js";
import {type BlockRun, type Body, type RunResult, runBody} from "./ledger/chain/run.js";
import {ONE_LANE} from "./ledger/lanes/lane.js";
import type {Change, State} from "./ledger/state/state.js";
import {ALL_STORES} from "./ledger/state/stores.js";
import type {Log} from "./service.js";

/** One block of so many is a sample. */
const SAMPLE = 64;

/** What a run came to. */
type Outcome = {readonly result: RunResult} | {readonly error: unknown};

export class BodyCheck {
  #blocks = 0;
  #checked = 0;
  #mismatches = 0;

  constructor(
    private readonly check: ExecutionCheck,
    private readonly log: Pick<Log, "error">,
    /** What is held against running one by one. */
    private readonly lanes = ONE_LANE,
  ) {}

  /** Blocks that were executed a second time. */
  get checked(): number {
    return this.#checked;
  }

  /** Those of them that did not come to the same. */
  get mismatches(): number {
    return this.#mismatches;
  }

  /** @throws RuleError, DecodeError when it is no body of a valid block; UnavailableError when that cannot be told now */
  readonly run = (begin: () => BlockRun, body: Body): RunResult => {
    // Whatever is wrong with lanes is not wrong once.
    if (this.#mismatches > 0) return runBody(begin(), body, null);
    if (!this.#isDue()) return runBody(begin(), body, this.lanes);
    this.#checked++;
    const inLanes = outcomeOf(() => runBody(begin(), body, this.lanes));
    const oneByOne = outcomeOf(() => runBody(begin(), body, null));
    const different = differenceOf(inLanes, oneByOne);
    if (different !== null) {
      this.#mismatches++;
      const err = "error" in inLanes ? inLanes.error : null;
      this.log.error({err, different}, "payments in lanes and one by one do not come to the same: lanes are off");
    }
    if ("error" in oneByOne) throw oneByOne.error;
    return oneByOne.result;
  };

  #isDue(): boolean {
    if (this.check === "off") return false;
    return this.check === "always" || this.#blocks++ % SAMPLE === 0;
  }
}

function outcomeOf(run: () => RunResult): Outcome {
  try {
    return {result: run()};
  } catch (error) {
    return {error};
  }
}

/** The first thing in which two runs of one body differ, or null. */
function differenceOf(a: Outcome, b: Outcome): string | null {
  if ("error" in a || "error" in b) return codeOf(a) === codeOf(b) ? null : "validity";
  const [one, other] = [a.result, b.result];
  if (!isDeepStrictEqual(one.receipts.map(receipt.encode), other.receipts.map(receipt.encode))) return "receipts";
  if (!isDeepStrictEqual(one.events, other.events)) return "events";
  if (one.gasUsed !== other.gasUsed) return "gas";
  if (!holds(one.state, other.state.changes()) || !holds(other.state, one.state.changes())) return "state";
  return null;
}

const codeOf = (outcome: Outcome): string | null =>
  "result" in outcome ? null : outcome.error instanceof QsdmError ? outcome.error.code : String(outcome.error);

/** Whether `state` has what each change made, whether or not it had to change it. */
const holds = (state: State, changes: readonly Change[]): boolean =>
  changes.every(({store, key, value}) => {
    const of = ALL_STORES.get(store)!;
    const here = state.get(of, key);
    if (here === undefined || value === null) return here === undefined && value === null;
    return equalBytes(of.codec.encode(here), value);
  });
