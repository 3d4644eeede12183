/** Writes on a disk that fails. */
import {expect, test} from "vitest";
import {UnavailableError} from "../../src/errors.js";
import {Intake} from "../../src/node/intake.js";
import {transferContract} from "../../src/node/ledger/transfer/contract.js";
import {admissionStack} from "../../src/node/mempool/pool/admission.js";
import {DEFAULT_POOL_LIMITS, Pool} from "../../src/node/mempool/pool/pool.js";
import {SignatureDesk} from "../../src/node/signature-desk.js";
import type {LedgerStore} from "../../src/node/storage/store.js";
import {contentOf, mlDsa87, signed, signedTransfer, testAccount} from "../support/accounts.js";
import {openTestChain, scratchDirectory, testGenesis} from "../support/chain.js";

test("a disk that fails while a newcomer's room is made takes nobody's write, and ends the node", async () => {
  const [alice, bob] = [testAccount("alice"), testAccount("bob")];
  const genesis = testGenesis([alice, bob].map(({address}) => ({to: address, amountDust: 1_000_000n})));
  const {chain, store} = await openTestChain(scratchDirectory(), genesis);
  const broken = new UnavailableError("STORE_WRITE_FAILED", "the disk failed");
  const failing = {
    keepWaiting: (rows) => store.keepWaiting(rows),
    dropWaiting: () => {
      throw broken;
    },
  } satisfies Partial<LedgerStore> as Partial<LedgerStore> as LedgerStore;
  const pool = new Pool({...DEFAULT_POOL_LIMITS, maxTransactions: 1});
  const failures: unknown[] = [];
  const intake = new Intake({
    chain,
    pool,
    store: failing,
    signatures: new SignatureDesk(mlDsa87.verify, null),
    admit: admissionStack([transferContract], new Map([[transferContract.id, transferContract]])),
    verifyProof: () => {
      throw broken;
    },
    nowMs: () => genesis.timeMs + 1_000n,
    wake: () => {},
    failed: (error) => failures.push(error),
  });
  const pay = (from: typeof alice, nonce: bigint) =>
    intake.submit(signedTransfer(from, {to: bob.address, amountDust: 5n, nonce}));
  // It waits behind a gap, so whoever comes with the next nonce gets its place.
  await pay(alice, 1n);
  await expect(pay(bob, 0n)).rejects.toBe(broken);
  expect(pool.size).toBe(0);
  expect(failures).toEqual([broken]);
  await expect(pay(bob, 0n)).rejects.toMatchObject({code: "NODE_STOPPING"});
  store.close();
});

test("what no batch can hold is refused before it waits", async () => {
  const alice = testAccount("alice");
  const genesis = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
  const params = {...genesis.params, maxBlockBytes: 65_536};
  const {intake, store} = await openTestChain(scratchDirectory(), {...genesis, params});
  await expect(intake.submit(signed(alice, contentOf(alice, {payload: new Uint8Array(66_000)})))).rejects.toMatchObject(
    {code: "TRANSACTION_TOO_LARGE"},
  );
  expect(store.waiting()).toEqual([]);
  store.close();
});
