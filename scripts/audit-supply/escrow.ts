/** What is set aside and paid out over time: vestings of the genesis, and budgets of streams. */
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {vestingClaim} from "../../src/codecs/chain/vesting.js";
import {streamAction} from "../../src/codecs/envelopes/actions.js";
import type {Called, Purse} from "../../test/sim/books/purse.js";
import {fault} from "./fault.js";

export class Vestings {
  readonly #claimed = new Map<string, bigint>();

  constructor(
    private readonly genesis: Genesis,
    private readonly purse: Purse,
  ) {}

  get dust(): bigint {
    const grants = this.genesis.vestings.reduce((sum, {amountDust}) => sum + amountDust, 0n);
    return [...this.#claimed.values()].reduce((sum, dust) => sum - dust, grants);
  }

  claim({sender, payload, height}: Called): void {
    const grant = this.genesis.vestings.find(({to}) => to === sender) ?? fault(height, `nothing vests for ${sender}`);
    const {amountDust, cliffHeight, endHeight} = grant;
    const whole = height >= endHeight;
    const vestedDust = height < cliffHeight ? 0n : whole ? amountDust : (amountDust * height) / endHeight;
    this.purse.move(vestingClaim.decode(payload).to, vestedDust - (this.#claimed.get(sender) ?? 0n));
    this.#claimed.set(sender, vestedDust);
  }
}

interface Stream {
  readonly payer: string;
  readonly provider: string;
  readonly priceDust: bigint;
  readonly periodSeconds: bigint;
  /** What the use comes to. */
  readonly accruedDust: bigint;
  readonly paidDust: bigint;
  readonly heldDust: bigint;
}

export class Streams {
  readonly #streams = new Map<string, Stream>();

  constructor(private readonly purse: Purse) {}

  get dust(): bigint {
    return [...this.#streams.values()].reduce((sum, {heldDust}) => sum + heldDust, 0n);
  }

  act({sender, payload, height}: Called): void {
    const action = streamAction.decode(payload);
    const {streamId, priceDust, pricePeriodSeconds: periodSeconds, provider, budgetDust} = action;
    if (action.action === "open") {
      this.purse.move(sender, -budgetDust);
      const nothing = {accruedDust: 0n, paidDust: 0n};
      this.#streams.set(streamId, {
        payer: sender,
        provider,
        priceDust,
        periodSeconds,
        ...nothing,
        heldDust: budgetDust,
      });
      return;
    }
    const stream = this.#streams.get(streamId) ?? fault(height, `there is no stream ${streamId}`);
    if (action.action === "receipt") {
      const accruedDust = (action.receipt!.cumulativeActiveSeconds * stream.priceDust) / stream.periodSeconds;
      this.#streams.set(streamId, {...stream, accruedDust});
    }
    if (action.action !== "settle" && action.action !== "close") return;
    const dueDust = stream.accruedDust - stream.paidDust;
    const leftDust = stream.heldDust - dueDust;
    if (leftDust < 0n) fault(height, `stream ${streamId} pays more than it holds`);
    const closes = action.action === "close";
    this.purse.move(stream.provider, dueDust);
    if (closes) this.purse.move(stream.payer, leftDust);
    this.#streams.set(streamId, {...stream, paidDust: stream.accruedDust, heldDust: closes ? 0n : leftDust});
  }
}
