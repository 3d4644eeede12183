import path from "node:path";
import {describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {blockIdOf} from "../../src/codecs/chain/block.js";
import {envelope} from "../../src/codecs/chain/envelope.js";
import {transfer} from "../../src/codecs/chain/payloads.js";
import {receipt as receiptCodec} from "../../src/codecs/chain/receipt.js";
import {checkCertificate} from "../../src/node/consensus/votes/certificate.js";
import {Committee} from "../../src/node/consensus/votes/committee.js";
import {sectionRoot} from "../../src/node/ledger/chain/sections.js";
import {accountAt, countDust, supplyOf} from "../../src/node/ledger/monetary/supply.js";
import {rootOf} from "../../src/node/ledger/state/tree.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {viewOf} from "../../src/node/view.js";
import {contentOf, mlDsa44, signed, signedTransfer, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {extend, openTestChain, STAKE_DUST, scratchDirectory, testGenesis, VALIDATOR_ACCOUNT} from "../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const genesis = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
const open = (directory = scratchDirectory()) => openTestChain(directory, genesis);

describe("one transfer, from the envelope to the disk", () => {
  test("moves money, pays the fee to the fire and the proposer, and keeps the books", async () => {
    const {chain, intake, store} = await open();
    const {txId} = await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 5_000n}));
    await extend(intake);
    expect(accountAt(chain.state, alice.address)).toEqual({balanceDust: 994_000n, nonce: 1n});
    expect(accountAt(chain.state, bob.address).balanceDust).toBe(5_000n);
    expect(accountAt(chain.state, VALIDATOR_ACCOUNT.address).balanceDust).toBe(500n);
    expect(supplyOf(chain.state)).toEqual({genesisDust: 1_000_000n + STAKE_DUST, minedDust: 0n, burnedDust: 500n});
    expect(countDust(chain.state)).toEqual({balancesDust: 999_500n, bondsDust: STAKE_DUST});
    expect(chain.held).toEqual(countDust(chain.state));
    expect(store.receipt(txId)).toMatchObject({outcome: "applied", height: 1n, feeDust: 1_000n, code: null});
    expect(store.waiting()).toEqual([]);
  });

  test("gives a block whose roots, links and certificate hold", async () => {
    const {chain, intake, store} = await open();
    const {txId} = await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
    const before = chain.tip;
    await extend(intake);
    const {block, certificate, id} = (await store.block(1n))!;
    expect(blockIdOf(block.header)).toBe(id);
    expect(block.header.parentId).toBe(before.id);
    expect(block.header.parentStateRoot).toBe(before.stateRoot);
    expect(block.header.transactionsRoot).toBe(sectionRoot(block.transactions));
    expect(certificate).toMatchObject({height: 1n, view: block.header.view, blockId: id});
    const committee = new Committee(0n, genesis.validators, {rotation: "by-power", quorum: "above-two-thirds"});
    checkCertificate(certificate, {chainId: TEST_CHAIN_ID, committee, verify: mlDsa44.verify});
    await extend(intake);
    const next = (await store.block(2n))!.block.header;
    expect(next.parentStateRoot).toBe(viewOf(chain).head.stateRoot);
    expect(next.parentReceiptsRoot).toBe(sectionRoot([receiptCodec.encode(store.receipt(txId)!)]));
  });

  test("lets the second envelope leave the key out", async () => {
    const {intake, store} = await open();
    await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
    await extend(intake);
    const second = signedTransfer(alice, {to: bob.address, amountDust: 2n, nonce: 1n}, {byReference: true});
    const {txId} = await intake.submit(second);
    await extend(intake);
    expect(store.receipt(txId)?.outcome).toBe("applied");
  });
});

describe("a clock that is wrong", () => {
  const at = (timeMs: bigint) => ({timeMs, transactions: [], proofs: [], batches: []});
  const late = genesis.timeMs + 3_600_000n;

  test("makes a block early, not invalid, and has no say about one that is final", async () => {
    const [{chain: fast}, {chain: slow}] = [await open(), await open()];
    const {block} = fast.build(at(late), {parentId: fast.tip.id, view: 1n});
    expect(() => slow.execute(block, genesis.timeMs)).toThrowError(
      expect.objectContaining({name: "UnavailableError", code: "BLOCK_EARLY"}),
    );
    expect(slow.execute(block, late - 15_000n).parent.timeMs).toBe(late);
    const {chain: behind} = await open();
    expect(behind.execute(block, null).parent.timeMs).toBe(late);
  });

  test("still builds on a parent that it takes to be in the future", async () => {
    const {chain} = await open();
    const {parent} = chain.build(at(late), {parentId: chain.tip.id, view: 1n});
    expect(chain.build(at(genesis.timeMs), {parentId: parent.id, view: 2n}).parent.timeMs).toBe(late + 1n);
  });
});

describe("what may not wait is refused with its code, and nothing changes", () => {
  const good = contentOf(alice, {payload: transfer.encode({to: bob.address, amountDust: 1n, memo: ""})});
  const tampered = (): Uint8Array => {
    const value = envelope.decode(signed(alice, good));
    return envelope.encode({...value, content: {...value.content, tipDust: 1n}});
  };
  test.each<[string, () => Uint8Array]>([
    ["CHAIN_MISMATCH", () => signed(alice, {...good, chainId: "another"})],
    ["EXPIRED", () => signed(alice, {...good, expiresAtHeight: 0n})],
    ["CONTRACT_UNKNOWN", () => signed(alice, {...good, contract: "qsdm/none/v1"})],
    ["FEE_TOO_LOW", () => signed(alice, {...good, maxFeeDust: 999n})],
    ["BALANCE_TOO_LOW", () => signed(bob, contentOf(bob, {payload: good.payload}))],
    ["KEY_UNKNOWN", () => signed(alice, good, {byReference: true})],
    ["SENDER_MISMATCH", () => signed({...alice, publicKey: bob.publicKey}, good)],
    ["SIGNATURE_INVALID", tampered],
    ["NONCE_TOO_HIGH", () => signed(alice, {...good, nonce: 99n})],
    [
      "TRANSFER_ZERO",
      () => signed(alice, {...good, payload: transfer.encode({to: bob.address, amountDust: 0n, memo: ""})}),
    ],
    ["CBOR_INVALID", () => Uint8Array.of(0xff)],
    ["FIELD_INVALID", () => signed(alice, {...good, payload: Uint8Array.of(0x80)})],
    ["ENVELOPE_TOO_LARGE", () => new Uint8Array(1_500_001)],
  ])("%s", async (code, make) => {
    const {intake, chain, store, pool} = await open();
    const root = chain.tip.stateRoot;
    await expect(intake.submit(make())).rejects.toMatchObject({code});
    expect(pool.size).toBe(0);
    expect(store.waiting()).toEqual([]);
    expect(chain.tip.stateRoot).toBe(root);
  });
});

test("a transfer that cannot be paid is included as rejected, and its fee and nonce stay spent", async () => {
  const {chain, intake, store} = await open();
  const {txId} = await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 2_000_000n}));
  await extend(intake);
  expect(store.receipt(txId)).toMatchObject({outcome: "rejected", code: "BALANCE_TOO_LOW", feeDust: 1_000n});
  expect(accountAt(chain.state, alice.address)).toEqual({balanceDust: 999_000n, nonce: 1n});
  expect(accountAt(chain.state, bob.address).balanceDust).toBe(0n);
});

test("a later nonce waits for the one before it", async () => {
  const {intake, store} = await open();
  const {txId: later} = await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 2n, nonce: 1n}));
  await extend(intake);
  expect(store.receipt(later)).toBeNull();
  await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
  await extend(intake);
  expect(store.receipt(later)).toMatchObject({outcome: "applied", height: 2n});
});

describe("a restart", () => {
  test("goes on from the same tip with what was acknowledged and not yet included", async () => {
    const directory = scratchDirectory();
    const first = await open(directory);
    await first.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
    await extend(first.intake);
    const {txId} = await first.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 2n, nonce: 1n}));
    const {tip} = first.chain;
    first.store.close();
    const second = await open(directory);
    expect(second.chain.tip).toEqual(tip);
    expect(second.chain.held).toEqual(first.chain.held);
    expect(second.pool.has(txId)).toBe(true);
    await extend(second.intake);
    expect(second.store.receipt(txId)?.outcome).toBe("applied");
  });

  test.each<[string, string]>([
    ["header", "UPDATE block SET header = (SELECT header FROM block WHERE height = 0) WHERE height = 1"],
    ["body", "UPDATE block SET body = zeroblob(length(body)) WHERE height = 1"],
    ["certificate", "UPDATE block SET certificate = (SELECT certificate FROM block WHERE height = 0) WHERE height = 1"],
    ["parent", "DELETE FROM block WHERE height = 0"],
    ["account", "UPDATE state SET value = (SELECT value FROM state WHERE store = 'supply') WHERE store = 'account'"],
    ["balance", "DELETE FROM state WHERE rowid = (SELECT max(rowid) FROM state WHERE store = 'account')"],
  ])("refuses files in which somebody altered a %s", async (_what, sql) => {
    const directory = scratchDirectory();
    const first = await open(directory);
    await first.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
    await extend(first.intake);
    first.store.close();
    openSqlite(path.join(directory, "chain.db")).exec(sql).close();
    await expect(open(directory)).rejects.toThrowError(expect.objectContaining({name: "UnavailableError"}));
  });

  test("keeps what expired off the disk", async () => {
    const {intake, store, pool} = await open();
    const late = contentOf(alice, {
      nonce: 3n,
      expiresAtHeight: 1n,
      payload: transfer.encode({to: bob.address, amountDust: 1n, memo: ""}),
    });
    await intake.submit(signed(alice, late));
    expect(store.waiting()).toHaveLength(1);
    await extend(intake);
    expect(pool.size).toBe(0);
    expect(store.waiting()).toEqual([]);
  });

  test("refuses a sender whose waiting fees its balance does not cover", async () => {
    const poor = testAccount("poor");
    const {intake} = await openTestChain(scratchDirectory(), testGenesis([{to: poor.address, amountDust: 1_500n}]));
    await intake.submit(signedTransfer(poor, {to: bob.address, amountDust: 1n}));
    const second = signedTransfer(poor, {to: bob.address, amountDust: 1n, nonce: 1n});
    await expect(intake.submit(second)).rejects.toMatchObject({code: "BALANCE_TOO_LOW"});
  });

  test("refuses a data directory of another chain", async () => {
    const directory = scratchDirectory();
    (await open(directory)).store.close();
    const other = {...genesis, timeMs: 1n};
    await expect(openTestChain(directory, other)).rejects.toMatchObject({code: "GENESIS_MISMATCH"});
  });

  test("refuses a second process in the same data directory", async () => {
    const directory = scratchDirectory();
    await open(directory);
    await expect(open(directory)).rejects.toMatchObject({code: "DATA_DIR_LOCKED"});
  });
});

test("the block id changes with every field of the header", async () => {
  const {chain, store} = await open();
  const {header} = (await store.block(0n))!.block;
  const id = blockIdOf(header);
  for (const key of Object.keys(header) as (keyof typeof header)[]) {
    const value = header[key];
    const other =
      typeof value === "bigint"
        ? value + 1n
        : typeof value === "number"
          ? value + 1
          : key === "chainId"
            ? "other"
            : "1".repeat(64);
    expect(blockIdOf({...header, [key]: other}), key).not.toBe(id);
  }
  expect(hexOf(rootOf(chain.tree))).toBe(chain.tip.stateRoot);
});

// D29: QSDM counts the blocks that it replays as well.
test("a block that is executed more than once is told of once", async () => {
  const {chain, intake} = await open();
  const told: bigint[] = [];
  chain.subscribe(({height, receipts}) => told.push(height, BigInt(receipts.length)));
  await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
  const waiting = {timeMs: genesis.timeMs + 1_000n, ...intake.offered(() => false)};
  const batches = [{round: 1n, creator: 0, batchId: "00".repeat(32)}];
  for (const view of [1n, 2n, 3n]) chain.build({...waiting, batches}, {parentId: chain.tip.id, view});
  expect(told).toEqual([]);
  await extend(intake);
  expect(told).toEqual([1n, 1n]);
});
