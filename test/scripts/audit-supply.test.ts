/** The supply of a real chain, added up from its export by the script that has none of the node's code. */
import {execFile} from "node:child_process";
import {writeFileSync} from "node:fs";
import path from "node:path";
import {promisify} from "node:util";
import {build} from "esbuild";
import {beforeAll, describe, expect, test} from "vitest";
import {auditedBlocks} from "../../scripts/audit-supply/blocks.js";
import {expectedIn} from "../../scripts/audit-supply/expected.js";
import {AuditFault} from "../../scripts/audit-supply/fault.js";
import {SupplyAudit} from "../../scripts/audit-supply/supply.js";
import {utf8} from "../../src/codecs/bytes.js";
import {type ChainFileBlock, chainFileBlock, frameOf, framesIn} from "../../src/codecs/chain/chain-file.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyClaim,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../src/codecs/chain/quorum-stake.js";
import {STREAM_CONTRACT} from "../../src/codecs/chain/stream.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  votingKeyClaim,
} from "../../src/codecs/chain/validator-payloads.js";
import {VESTING_CLAIM_CONTRACT, vestingClaim} from "../../src/codecs/chain/vesting.js";
import {type StreamAction, streamAction} from "../../src/codecs/envelopes/actions.js";
import {FEE_BURN_BPS} from "../../src/codecs/governance/parameters.js";
import {chainParamSet, GOVERNANCE_CONTRACT, PARAM_SET} from "../../src/codecs/governance/payloads.js";
import {sha3} from "../../src/codecs/hash.js";
import {documentOf} from "../../src/commands/document.js";
import {successDocument} from "../../src/commands/output.js";
import {contractsOf} from "../../src/node/contracts.js";
import {SUPPLY_CAP_DUST} from "../../src/node/ledger/monetary/emission.js";
import {countDust, supplyOf} from "../../src/node/ledger/monetary/supply.js";
import {STRICT_RULES} from "../../src/node/ledger/params/rules.js";
import {exportChain} from "../../src/node/upkeep/export.js";
import {
  contentOf,
  mlDsa44,
  mlDsa87,
  signed,
  TEST_CHAIN_ID,
  type TestAccount,
  testAccount,
} from "../support/accounts.js";
import {extend, openTestChain, STAKE_DUST, scratchDirectory, testGenesis} from "../support/chain.js";
import {action, sessionKey, signedReceipt, timeText} from "../support/streams.js";

const [alice, bob, carol, client] = ["alice", "bob", "carol", "quorum client"].map(testAccount) as [
  TestAccount,
  TestAccount,
  TestAccount,
  TestAccount,
];
const SUM = 1_000_000_000_000n;
const FUNDED = testGenesis([alice, bob, carol].map(({address: to}) => ({to, amountDust: SUM})));
const GENESIS: Genesis = {
  ...FUNDED,
  params: {...FUNDED.params, unbondWindowSeconds: 1},
  authorities: [alice.address],
  vestings: [{to: carol.address, amountDust: 1_000_003n, cliffHeight: 2n, endHeight: 1_000n}],
};
const [VOTING, OTHER_VOTING] = ["another validator", "a third one"].map((each) =>
  mlDsa44.keygenFromSeed(sha3(utf8(each))),
);
const SESSION = sessionKey();
const timeAt = (seconds: bigint) => timeText(GENESIS.timeMs + seconds * 1_000n);

type Sent = readonly [sender: TestAccount, contract: string, payload: Uint8Array];
const stream = (
  sender: TestAccount,
  seconds: bigint,
  given: Pick<StreamAction, "action"> & Partial<StreamAction>,
): Sent => [
  sender,
  STREAM_CONTRACT,
  streamAction.encode(action({sender: sender.address, timestamp: timeAt(seconds), ...given})),
];
const joining = ({publicKey, secretKey}: NonNullable<typeof VOTING>, amountDust: bigint): Sent => {
  const possession = mlDsa44.sign(secretKey, votingKeyClaim(TEST_CHAIN_ID, alice.address, publicKey));
  return [alice, JOIN_CONTRACT, validatorJoin.encode({publicKey, amountDust, possession})];
};
const stakingOn = ({publicKey, secretKey}: TestAccount, amountDust: bigint): Sent => {
  const possession = mlDsa87.sign(secretKey, quorumKeyClaim(TEST_CHAIN_ID, carol.address, publicKey));
  return [carol, QUORUM_STAKE_CONTRACT, quorumStake.encode({publicKey, amountDust, possession})];
};
const releasing = ({publicKey}: TestAccount, amountDust: bigint): Sent => [
  carol,
  QUORUM_RELEASE_CONTRACT,
  quorumRelease.encode({key: quorumKeyOf(publicKey), amountDust}),
];
const payment = (to: TestAccount, amountDust: bigint) => ({to: to.address, amountDust, memo: ""});

/** What each block holds. */
const BLOCKS: readonly (readonly Sent[])[] = [
  [
    [alice, TRANSFER_CONTRACT, transfer.encode(payment(bob, 5n))],
    [
      alice,
      GOVERNANCE_CONTRACT,
      chainParamSet.encode({kind: PARAM_SET, param: FEE_BURN_BPS, value: 7_777n, effectiveHeight: 3n, memo: ""}),
    ],
    stream(bob, 1n, {
      action: "open",
      provider: carol.address,
      serviceId: "vpn",
      deviceIdHash: "11".repeat(32),
      sessionPublicKey: SESSION.publicHex,
      priceDust: 1_001n,
      pricePeriodSeconds: 2n,
      budgetDust: 1_000_000n,
      maxActiveSeconds: 100n,
      expiresAt: timeAt(1_000n),
    }),
  ],
  [
    [alice, BATCH_TRANSFER_CONTRACT, batchTransfer.encode({payments: [payment(bob, 7n), payment(carol, 8n)]})],
    // Nothing vests for bob: refused, and paid for.
    [bob, VESTING_CLAIM_CONTRACT, vestingClaim.encode({to: bob.address})],
    [carol, VESTING_CLAIM_CONTRACT, vestingClaim.encode({to: bob.address})],
  ],
  [joining(VOTING!, STAKE_DUST), [carol, VESTING_CLAIM_CONTRACT, vestingClaim.encode({to: carol.address})]],
  [
    stream(carol, 4n, {
      action: "receipt",
      receipt: signedReceipt(SESSION, {
        streamId: "s-1",
        sequence: 1n,
        cumulativeActiveSeconds: 1n,
        observedAt: timeAt(3n),
      }),
    }),
    [alice, LEAVE_CONTRACT, validatorLeave.encode({validator: validatorIdOf(VOTING!.publicKey)})],
  ],
  [
    stream(carol, 5n, {action: "settle"}),
    [bob, TRANSFER_CONTRACT, transfer.encode(payment(alice, 1n))],
    // Of 1,000 dust behind the client's key 400 are back one block later, and 90 on their way at the end.
    stakingOn(client, 1_000n),
    releasing(client, 400n),
  ],
  [stream(bob, 6n, {action: "close"}), releasing(client, 90n)],
];

interface Exported {
  readonly file: Uint8Array;
  /** What `qsdm supply --json` prints of the chain. */
  readonly document: string;
}

/** A chain of `genesis` whose blocks hold `blocks`, as its node exports it. */
async function exported(genesis: Genesis, blocks: readonly (readonly Sent[])[]): Promise<Exported> {
  const {intake, store, chain} = await openTestChain(scratchDirectory(), genesis, {
    contracts: contractsOf(STRICT_RULES),
  });
  const nonces = new Map<TestAccount, bigint>();
  for (const block of blocks) {
    for (const [sender, contract, payload] of block) {
      const nonce = nonces.get(sender) ?? 0n;
      nonces.set(sender, nonce + 1n);
      await intake.submit(signed(sender, contentOf(sender, {nonce, contract, payload, maxFeeDust: 100_000n})));
    }
    expect(await extend(intake)).toEqual([]);
  }
  const parts: Uint8Array[] = [];
  const range = {from: null, to: null};
  for await (const part of exportChain(range, {genesis, store, wrote: () => {}})) parts.push(part);
  const books = supplyOf(chain.state);
  const unissuedDust = SUPPLY_CAP_DUST - books.genesisDust - books.minedDust;
  const supply = {capDust: SUPPLY_CAP_DUST, ...books, ...countDust(chain.state), unissuedDust};
  const {height, id: blockId} = chain.tip;
  store.close();
  return {
    file: new Uint8Array(Buffer.concat(parts)),
    document: successDocument(documentOf({height, blockId, supply}), []),
  };
}

let file: Uint8Array;
let document: string;

beforeAll(async () => {
  ({file, document} = await exported(GENESIS, BLOCKS));
});

async function* partsOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Totals of `bytes`, compared with the node's at its tip. */
async function audited(bytes: Uint8Array, expected = document, genesis = GENESIS): Promise<bigint> {
  const books = new SupplyAudit(genesis);
  const node = expectedIn(expected);
  for await (const each of auditedBlocks(framesIn(partsOf(bytes)), genesis)) {
    books.enter(each);
    if (each.block.header.height === node.height) node.compare(each.id, books.totals);
  }
  return books.totals.burnedDust;
}

/** The file with the record of one block made another. */
async function changed(height: number, change: (each: ChainFileBlock) => ChainFileBlock): Promise<Uint8Array> {
  const frames: Uint8Array[] = [];
  for await (const frame of framesIn(partsOf(file))) frames.push(frame);
  frames[height] = chainFileBlock.encode(change(chainFileBlock.decode(frames[height]!)));
  return new Uint8Array(Buffer.concat(frames.map(frameOf)));
}

test("it comes to what the node has, and burns by what was voted for", async () => {
  expect(await audited(file)).toBeGreaterThan(0n);
});

test("the script prints it, from files", async () => {
  const directory = scratchDirectory();
  const [genesisFile, exportFile, expectFile] = ["genesis", "export", "expect"].map((name) =>
    path.join(directory, name),
  );
  writeFileSync(genesisFile!, formatGenesis(GENESIS));
  writeFileSync(exportFile!, file);
  writeFileSync(expectFile!, document);
  const args = ["--import", "tsx", "scripts/audit-supply.ts", genesisFile!, exportFile!, "--expect", expectFile!];
  const {stdout} = await promisify(execFile)(process.execPath, args);
  const {data} = JSON.parse(document) as {data: {supply: Record<string, string>}};
  const lines = Object.entries(data.supply).map((line) => line.join("\t"));
  expect(stdout.trim().split("\n")).toEqual([`height\t${BLOCKS.length}`, ...lines]);
});

test("it holds none of the node's code", async () => {
  const options = {bundle: true, write: false, metafile: true, packages: "external", logLevel: "silent"} as const;
  const {metafile} = await build({
    ...options,
    entryPoints: ["scripts/audit-supply.ts"],
    platform: "node",
    format: "esm",
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain("src/codecs/chain/chain-file.ts");
  expect(inputs.filter((name) => name.startsWith("src/node/") || name.startsWith("src/commands/"))).toEqual([]);
});

const raisedFee = ({receipts, ...rest}: ChainFileBlock): ChainFileBlock => ({
  ...rest,
  receipts: receipts.map((each) => ({...each, feeDust: each.feeDust + 1n})),
});
test.each<[string, number, (each: ChainFileBlock) => ChainFileBlock, RegExp]>([
  [
    "a transaction is missing",
    2,
    ({block, receipts, ...rest}) => ({
      ...rest,
      receipts: receipts.slice(1),
      block: {...block, transactions: block.transactions.slice(1)},
    }),
    /^block 2: its transactions are not those of its header$/,
  ],
  [
    "somebody mined",
    2,
    ({block, ...rest}) => ({...rest, block: {...block, coinbase: [{to: bob.address, amountDust: 1n}]}}),
    /^block 2: its coinbase are not/,
  ],
  [
    "a header is another one",
    2,
    ({block, ...rest}) => ({...rest, block: {...block, header: {...block.header, proposer: bob.address}}}),
    /^block 3: it does not follow the block before$/,
  ],
  [
    "the gas is another one in the last block, which nothing follows",
    BLOCKS.length,
    ({block, ...rest}) => ({...rest, block: {...block, header: {...block.header, gasUsed: 1n}}}),
    /receipts use \d+ gas, its header 1$/,
  ],
  ["a fee is higher in the last block", BLOCKS.length, raisedFee, /pays a fee of \d+ dust, due are \d+$/],
  [
    "a refused call is told as applied",
    2,
    ({receipts, ...rest}) => ({
      ...rest,
      receipts: receipts.map((each) => ({...each, outcome: "applied", code: null, message: null})),
    }),
    /^block 2: nothing vests for /,
  ],
  [
    "the last call is told as refused",
    BLOCKS.length,
    ({receipts, ...rest}) => ({...rest, receipts: receipts.map((each) => ({...each, outcome: "rejected"}))}),
    /^block 6: balancesDust is \d+ by the blocks, \d+ at the node$/,
  ],
])("a file is found out in which %s", async (_, height, change, words) => {
  const refusal = await audited(await changed(height, change)).then(
    () => "nothing",
    (error: unknown) => (error instanceof AuditFault ? error.message : error),
  );
  expect(refusal).toMatch(words);
});

test("a receipt in the middle is held to the next header", async () => {
  const silent = await changed(1, ({receipts, ...rest}) => ({
    ...rest,
    receipts: receipts.map((each) => ({...each, nonce: each.nonce + 1n})),
  }));
  await expect(audited(silent)).rejects.toThrow("block 1: its receipts are not those of the next header");
});

test("a node that counts otherwise is found out", async () => {
  const {data, ...rest} = JSON.parse(document) as {data: {supply: Record<string, string>}};
  const supply = {...data.supply, burned_dust: String(BigInt(data.supply.burned_dust!) + 1n)};
  const other = JSON.stringify({...rest, data: {...data, supply}});
  await expect(audited(file, other)).rejects.toThrow(/^block 6: burnedDust is/);
});

describe("where stake is paid", () => {
  const [treasury, insurance, community] = ["aa", "bb", "cc"].map((each) => each.repeat(32)) as [
    string,
    string,
    string,
  ];
  const monetary = {
    ...{mode: "active" as const, epochBlocks: 4n, validatorsBps: 8_200, insuranceBps: 400, communityBps: 200},
    ...{treasury, insurance, community},
  };
  const paying: Genesis = {
    ...GENESIS,
    params: {...GENESIS.params, monetary, validatorEpochBlocks: 6n, baseFeeDust: 1n},
  };
  const minedIn = (text: string): bigint =>
    BigInt((JSON.parse(text) as {data: {supply: Record<string, string>}}).data.supply.mined_dust!);
  const none = (count: number): readonly Sent[][] => Array.from({length: count}, () => []);
  const claim: Sent = [carol, VESTING_CLAIM_CONTRACT, vestingClaim.encode({to: treasury})];
  // Alice's first stake leaves before it is elected, in block 4; her second votes from block 13 on and leaves in block 18.
  const leaving: Sent = [
    alice,
    LEAVE_CONTRACT,
    validatorLeave.encode({validator: validatorIdOf(OTHER_VOTING!.publicKey)}),
  ];
  const blocks = [
    ...BLOCKS,
    [joining(OTHER_VOTING!, 3n * STAKE_DUST + 7n)],
    ...none(8),
    [claim],
    [],
    [leaving],
    ...none(6),
  ];

  test("six epochs add up, with stakes that come and go, fees, a vesting and three places that are paid", async () => {
    const chain = await exported(paying, blocks);
    expect(await audited(chain.file, chain.document, paying)).toBeGreaterThan(0n);
    // 100 CELL at up to 7.75 % a year of 7,884,000 epochs are 98 dust, and 400 CELL four times as many.
    expect(minedIn(chain.document)).toBeGreaterThan(6n * 90n);
    expect(minedIn(chain.document)).toBeLessThan(6n * 4n * 98n);
  });

  test("a node that pays otherwise is found out, and so is one that pays nobody", async () => {
    const chain = await exported(paying, BLOCKS);
    const silent: Genesis = {...paying, params: {...paying.params, monetary: {...monetary, mode: "shadow"}}};
    const other = await exported(silent, BLOCKS);
    // One epoch: 8 dust of fees are 63,072,000 in a year and so 63 points of 775; 7.12 % of 100 CELL are 90.3 dust for it.
    expect([minedIn(chain.document), minedIn(other.document)]).toEqual([90n, 0n]);
    await expect(audited(other.file, other.document, silent)).resolves.toBeGreaterThan(0n);
    const forged = chain.document.replace('"mined_dust":"90"', '"mined_dust":"91"');
    await expect(audited(chain.file, forged, paying)).rejects.toThrow(/minedDust is 90 by the blocks, 91 at the node/);
  });
});
