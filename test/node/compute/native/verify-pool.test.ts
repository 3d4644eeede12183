import {expect, onTestFinished, type TestContext, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import type {SignedMessage} from "../../../../src/node/compute/ml-dsa.js";
import {bestPath} from "../../../../src/node/compute/native/addon.js";
import {NativePool} from "../../../../src/node/compute/native/pool.js";
import {addonOf} from "../../../support/native.js";
import {allCases} from "../ml-dsa/cases.js";

function open(context: TestContext, threads = 2): NativePool {
  const addon = addonOf(context);
  const pool = new NativePool(addon, bestPath(addon), {threads, waitingBatches: 8, waitingBytes: 2 ** 24});
  onTestFinished(() => pool.close().catch(() => undefined));
  return pool;
}

/** Recorded verifications that have no context, with what the answer is. */
const recorded = allCases().flatMap((each) =>
  each.kind === "verify" && each.level === 87 && each.signed.form === "pure" && each.signed.context.length === 0
    ? [{item: {publicKey: each.publicKey, message: each.signed.message, signature: each.signature}, valid: each.valid}]
    : [],
);

test("recorded signatures are answered in their order on every thread", async (context) => {
  const pool = open(context);
  expect(recorded.length).toBeGreaterThan(200);
  const batches = [recorded, recorded.slice(0, 1), recorded.toReversed(), []];
  const answers = await Promise.all(
    batches.map((batch) =>
      pool.mlDsaVerify(
        87,
        batch.map(({item}) => item),
      ),
    ),
  );
  expect(answers).toEqual(batches.map((batch) => batch.map(({valid}) => valid)));
});

test("a signature of the other parameter set is no valid one, and does not stop its neighbours", async (context) => {
  const good = recorded.find(({valid}) => valid)!.item;
  const small: SignedMessage = {publicKey: new Uint8Array(1312), message: utf8("m"), signature: new Uint8Array(2420)};
  expect(await open(context).mlDsaVerify(87, [small, good])).toEqual([false, true]);
});

test("what the caller does to a batch afterwards changes no answer", async (context) => {
  const {publicKey, message, signature} = recorded.find(({valid}) => valid)!.item;
  const mine = Uint8Array.from(signature);
  const answer = open(context).mlDsaVerify(87, [{publicKey, message, signature: mine}]);
  structuredClone(mine.buffer, {transfer: [mine.buffer]});
  expect(await answer).toEqual([true]);
});
