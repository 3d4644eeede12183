/** Streams on a real chain: whose clock runs, who gets what, and that no dust is lost on the way. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {numbered, readEvent} from "../../../../src/codecs/api/events.js";
import {STREAM_CONTRACT} from "../../../../src/codecs/chain/stream.js";
import {type StreamAction, streamAction} from "../../../../src/codecs/envelopes/actions.js";
import {seqOf} from "../../../../src/node/ledger/chain/event-numbers.js";
import {accountAt, countDust, expectedDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {streams} from "../../../../src/node/ledger/state/stores.js";
import {checkAction} from "../../../../src/node/ledger/streams/action.js";
import {chargeOf, openStream, stepStream} from "../../../../src/node/ledger/streams/apply.js";
import {streamContract} from "../../../../src/node/ledger/streams/contract.js";
import {viewOf} from "../../../../src/node/view.js";
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {action, sessionKey, signedReceipt, timeText} from "../../../support/streams.js";

const payer = testAccount("payer");
const provider = testAccount("provider");
const stranger = testAccount("stranger");
const WEALTH = 10n ** 9n;
const START = testGenesis([]).timeMs;
const key = sessionKey();

const OPENING = {
  provider: provider.address,
  serviceId: "svc.vpn",
  deviceIdHash: "de".repeat(32),
  sessionPublicKey: key.publicHex,
  priceDust: 7n,
  pricePeriodSeconds: 2n,
  budgetDust: 1_000n,
  maxActiveSeconds: 3_600n,
  expiresAt: timeText(START + 3_600_000n),
};
const opening = (change: Partial<StreamAction> = {}) =>
  action({sender: payer.address, action: "open", timestamp: timeText(START), ...OPENING, ...change});

/** Blocks come a second apart. */
async function opened() {
  const founders = [payer, provider, stranger].map(({address}) => ({to: address, amountDust: WEALTH}));
  const {chain, intake, store} = await openTestChain(scratchDirectory(), testGenesis(founders), {
    contracts: [streamContract],
  });
  const nonces = new Map<string, bigint>();
  /** In a block of its own: `applied`, or the code of the refusal. */
  const act = async (who: TestAccount, given: Partial<StreamAction> & Pick<StreamAction, "action">) => {
    const nonce = nonces.get(who.address) ?? 0n;
    const payload = streamAction.encode(action({sender: who.address, ...given}));
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract: STREAM_CONTRACT, payload})));
    nonces.set(who.address, nonce + 1n);
    await extend(intake);
    const counted = countDust(chain.state);
    expect(counted.balancesDust + counted.bondsDust).toBe(expectedDust(supplyOf(chain.state)));
    expect(chain.held).toEqual(counted);
    const {outcome, code} = store.receipt(txId)!;
    return outcome === "applied" ? "applied" : code;
  };
  const report = (sequence: bigint, cumulativeActiveSeconds: bigint, observedAtMs = chain.tip.timeMs) => {
    const unsigned = {streamId: "s-1", sequence, cumulativeActiveSeconds, observedAt: timeText(observedAtMs)};
    return act(provider, {action: "receipt", receipt: signedReceipt(key, unsigned)});
  };
  const pass = async (blocks: number) => {
    for (let i = 0; i < blocks; i++) await extend(intake);
  };
  const balance = ({address}: TestAccount) => accountAt(chain.state, address).balanceDust;
  const told = () =>
    store
      .events({after: 0n, upTo: seqOf(chain.tip.height + 1n, 0), topics: ["streams"], limit: 100})
      .events.map(({seq, body}) => readEvent("streams", numbered(seq, body)).body);
  return {chain, act, report, pass, balance, told, stream: () => chain.state.get(streams, "s-1")!};
}

const FEE = 1_000n;

test("a stream pays its provider for what was used, and gives its payer the rest", async () => {
  const {act, report, pass, balance, stream} = await opened();
  expect(await act(payer, {...opening(), action: "open"})).toBe("applied");
  expect(balance(payer)).toBe(WEALTH - FEE - 1_000n);
  await pass(5);
  expect(await report(1n, 3n)).toBe("applied");
  expect(await act(provider, {action: "settle"})).toBe("applied");
  // Three seconds at 7 dust for two: ten dust and a half.
  expect(balance(provider)).toBe(WEALTH - 2n * FEE + 10n);
  expect(await act(provider, {action: "settle"})).toBe("STREAM_NOTHING_DUE");
  expect(await report(2n, 5n)).toBe("applied");
  expect(await act(payer, {action: "close"})).toBe("applied");
  expect(balance(provider)).toBe(WEALTH - 4n * FEE + 17n);
  expect(balance(payer)).toBe(WEALTH - 2n * FEE - 17n);
  expect(stream()).toMatchObject({status: "closed", accruedDust: 17n, settledDust: 17n, refundedDust: 983n});
  expect(await act(payer, {action: "close"})).toBe("STREAM_CLOSED");
  expect(await act(payer, {...opening(), action: "open"})).toBe("STREAM_EXISTS");
});

test("watchers hear of each action that a block applied, and of what it paid", async () => {
  const {act, report, pass, told} = await opened();
  await act(payer, {...opening(), action: "open"});
  await pass(5);
  await report(1n, 3n);
  await act(payer, {action: "pause"});
  await act(provider, {action: "settle"});
  await act(provider, {action: "settle"});
  await act(payer, {action: "close"});
  const about = {
    streamId: "s-1",
    payer: payer.address,
    provider: provider.address,
    serviceId: "svc.vpn",
    budgetDust: 1_000n,
  };
  const [open, used, due] = [
    {status: "active"},
    {accruedDust: 10n},
    {escrowDust: 1_000n, toProviderDust: 0n, toPayerDust: 0n},
  ];
  const paused = {...about, ...used, status: "paused"};
  expect(told()).toEqual([
    {...about, ...open, ...due, accruedDust: 0n, event: "stream_open", height: 1n},
    {...about, ...open, ...due, ...used, event: "stream_receipt", height: 7n},
    {...paused, ...due, event: "stream_pause", height: 8n},
    {...paused, event: "stream_settle", height: 9n, escrowDust: 990n, toProviderDust: 10n, toPayerDust: 0n},
    {
      ...about,
      ...used,
      status: "closed",
      event: "stream_close",
      height: 11n,
      escrowDust: 0n,
      toProviderDust: 0n,
      toPayerDust: 990n,
    },
  ]);
});

test("a page of streams looks at a bounded part of them, and the pages together show all that were wanted", async () => {
  const {chain, act} = await opened();
  for (const name of ["a", "b", "c", "d", "e"]) {
    const who = name < "d" ? payer : stranger;
    await act(who, {...opening({streamId: name, sender: who.address}), action: "open"});
  }
  const query = {payer: stranger.address, provider: null, status: null, serviceId: null, limit: 10};
  const seen: (readonly [readonly string[], string | null])[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = viewOf(chain).streams({...query, cursor, lookAtMost: 2});
    seen.push([page.streams.map(({streamId}) => streamId), page.nextCursor]);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([
    [[], "b"],
    [["d"], "d"],
    [["e"], null],
  ]);
  const one = viewOf(chain).streams({...query, cursor: null, limit: 1, lookAtMost: 100});
  expect([one.streams.length, one.nextCursor]).toEqual([1, "d"]);
  expect(viewOf(chain).streamStats()).toEqual({openCount: 5, escrowDust: 5_000n});
});

// D31: the reference believes the times that senders write.
test("time is the blocks', whatever an action says of it", async () => {
  const {chain, act, report, pass, stream} = await opened();
  // Opened an hour ago, it says: then an hour of use could be billed at once.
  expect(await act(payer, {...opening({timestamp: timeText(START - 3_600_000n)}), action: "open"})).toBe("applied");
  expect(stream().openedAtNs).toBe(chain.tip.timeMs * 1_000_000n);
  await pass(2);
  expect(await report(1n, 60n)).toBe("STREAM_WALL_TIME");
  const later = chain.tip.timeMs + 60_000n;
  expect(await report(1n, 60n, later)).toBe("STREAM_RECEIPT_TIME");
  expect(await report(1n, 2n)).toBe("applied");
  // A pause of a day, ended at once by its own account of it, took a block.
  expect(await act(payer, {action: "pause", timestamp: timeText(START - 86_400_000n)})).toBe("applied");
  expect(await report(2n, 3n)).toBe("STREAM_NOT_ACTIVE");
  expect(await act(payer, {action: "resume", timestamp: timeText(START + 86_400_000n)})).toBe("applied");
  expect(stream().pausedDurationSeconds).toBe(2n);
});

test("nobody acts for another, and no receipt counts twice or unsigned", async () => {
  const {chain, act, report, pass} = await opened();
  expect(await act(payer, {action: "pause"})).toBe("STREAM_NOT_FOUND");
  await act(payer, {...opening(), action: "open"});
  for (const verb of ["pause", "resume", "settle", "close"] as const)
    expect(await act(stranger, {action: verb})).toBe("STREAM_WRONG_PARTY");
  expect(await act(payer, {action: "settle"})).toBe("STREAM_WRONG_PARTY");
  expect(await act(provider, {action: "close"})).toBe("STREAM_WRONG_PARTY");
  expect(await act(payer, {action: "resume"})).toBe("STREAM_NOT_PAUSED");
  await pass(5);
  const observedAt = timeText(chain.tip.timeMs);
  const unsigned = {streamId: "s-1", sequence: 1n, cumulativeActiveSeconds: 2n, observedAt};
  const receipt = signedReceipt(key, unsigned);
  expect(await act(stranger, {action: "receipt", receipt})).toBe("STREAM_WRONG_PARTY");
  const forged = {...receipt, cumulativeActiveSeconds: 3n};
  expect(await act(provider, {action: "receipt", receipt: forged})).toBe("STREAM_RECEIPT_SIGNATURE");
  const other = signedReceipt(sessionKey(), unsigned);
  expect(await act(provider, {action: "receipt", receipt: other})).toBe("STREAM_RECEIPT_SIGNATURE");
  const short = {...receipt, signature: "00"};
  expect(await act(provider, {action: "receipt", receipt: short})).toBe("STREAM_RECEIPT_SIGNATURE");
  expect(await act(provider, {action: "receipt", receipt})).toBe("applied");
  expect(await act(provider, {action: "receipt", receipt})).toBe("STREAM_RECEIPT_REPLAYED");
  expect(await report(2n, 2n)).toBe("STREAM_RECEIPT_REPLAYED");
  expect(await report(2n, 3n, chain.tip.timeMs - 60_000n)).toBe("STREAM_RECEIPT_TIME");
});

test("what a payer does not have is not escrowed, and what has expired is not opened", async () => {
  const {act, balance} = await opened();
  expect(await act(payer, {...opening({budgetDust: WEALTH}), action: "open"})).toBe("BALANCE_TOO_LOW");
  const past = {timestamp: timeText(START - 10_000n), expiresAt: timeText(START - 5_000n)};
  expect(await act(payer, {...opening(past), action: "open"})).toBe("STREAM_EXPIRED");
  expect(balance(payer)).toBe(WEALTH - 2n * FEE);
});

const usual = {sender: payer.address, action: "pause"} as const;
const report = {
  sender: provider.address,
  action: "receipt",
  receipt: {streamId: "s-1", sequence: 1n, cumulativeActiveSeconds: 1n, observedAt: timeText(START), signature: "00"},
} as const;
const unfit = (change: Partial<StreamAction["receipt"]>) => ({...report, receipt: {...report.receipt, ...change}});
test.each<[string, StreamAction]>([
  ["an unknown action", action({...usual, action: "burn"})],
  ["another spelling of one", action({...usual, action: "Pause"})],
  ["an id with a space", action({...usual, id: "a b"})],
  ["a long id", action({...usual, id: "a".repeat(129)})],
  ["no stream", action({...usual, streamId: ""})],
  ["a sender that is no account", action({...usual, sender: payer.address.toUpperCase()})],
  ["no time", action({...usual, timestamp: "yesterday"})],
  ["a pause with a price", action({...usual, priceDust: 1n})],
  ["a pause with a receipt", action({...usual, receipt: report.receipt})],
  ["a receipt that is not there", action({...report, receipt: null})],
  ["a receipt of another stream", action(unfit({streamId: "s-2"}))],
  ["a receipt without a number", action(unfit({sequence: 0n}))],
  ["a receipt without use", action(unfit({cumulativeActiveSeconds: 0n}))],
  ["a receipt without a time", action(unfit({observedAt: ""}))],
  ["a receipt without a signature", action(unfit({signature: ""}))],
  ["a receipt with a budget", action({...report, budgetDust: 1n})],
  ["a provider that is no account", opening({provider: "nobody"})],
  ["a payer who provides", opening({provider: payer.address})],
  ["no service", opening({serviceId: ""})],
  ["no device", opening({deviceIdHash: ""})],
  ["a short session key", opening({sessionPublicKey: "00"})],
  ["no price", opening({priceDust: 0n})],
  ["no period", opening({pricePeriodSeconds: 0n})],
  ["no budget", opening({budgetDust: 0n})],
  ["no longest use", opening({maxActiveSeconds: 0n})],
  ["an end before the beginning", opening({expiresAt: timeText(START)})],
  ["no end", opening({expiresAt: ""})],
  ["an opening with a receipt", opening({receipt: report.receipt})],
])("an action with %s is refused before it costs a fee", (_what, given) => {
  expect(() => checkAction(given)).toThrow(expect.objectContaining({code: "STREAM_INVALID"}));
});

test("an action is its sender's, under the transaction's nonce", () => {
  const check = (given: Partial<StreamAction>) =>
    streamContract.check(
      contentOf(payer, {nonce: 3n, payload: streamAction.encode(action({...usual, ...given}))}),
      {} as never,
    );
  expect(() => check({nonce: 3n})).not.toThrow();
  expect(() => check({nonce: 0n})).not.toThrow();
  expect(() => check({nonce: 4n})).toThrow(expect.objectContaining({code: "NONCE_MISMATCH"}));
  expect(() => check({sender: provider.address})).toThrow(expect.objectContaining({code: "SENDER_MISMATCH"}));
});

test("use beyond the cap or the budget is not billed", () => {
  const ns = (seconds: bigint) => (START / 1_000n + seconds) * 1_000_000_000n;
  const stream = openStream(checkAction(opening({maxActiveSeconds: 500n})), ns(0n));
  const bill = (cumulativeActiveSeconds: bigint) => () => {
    const observedAt = timeText(START + 3_000_000n);
    const receipt = signedReceipt(key, {streamId: "s-1", sequence: 1n, cumulativeActiveSeconds, observedAt});
    return stepStream(stream, checkAction(action({...report, receipt})), ns(3_000n));
  };
  expect(bill(501n)).toThrow(expect.objectContaining({code: "STREAM_CAP_EXCEEDED"}));
  // 286 seconds cost 1,001 dust.
  expect(bill(286n)).toThrow(expect.objectContaining({code: "STREAM_BUDGET_EXCEEDED"}));
  expect(bill(285n)().record.accruedDust).toBe(997n);
});

test("whatever the price, steps of use cost no more than all of it at once", () => {
  const u32 = fc.bigInt({min: 1n, max: 1n << 32n});
  fc.assert(
    fc.property(u32, u32, u32, u32, (priceDust, pricePeriodSeconds, first, second) => {
      const price = {priceDust, pricePeriodSeconds};
      const whole = chargeOf(first + second, price);
      const parts = chargeOf(first, price) + chargeOf(second, price);
      expect(whole - parts >= 0n && whole - parts <= 1n).toBe(true);
      expect(whole * pricePeriodSeconds <= (first + second) * priceDust).toBe(true);
    }),
  );
});
