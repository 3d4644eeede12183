/** A snapshot of a chain whose voters changed: its proof goes through every epoch, and nothing in it is believed. */
import {readdirSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import {
  type SnapshotEpoch,
  type SnapshotManifest,
  type SnapshotProof,
  SUBTREE_BYTES,
  snapshotEpoch,
  snapshotProof,
} from "../../../src/codecs/chain/snapshot.js";
import type {QsdmError} from "../../../src/errors.js";
import {genesisBlock} from "../../../src/node/ledger/chain/genesis.js";
import {lightChainOf} from "../../../src/node/light/genesis.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import type {SnapshotFiles} from "../../../src/node/snapshots/files.js";
import {checkProof, type SnapshotTrust} from "../../../src/node/snapshots/prove.js";
import {restoreSnapshot} from "../../../src/node/snapshots/restore.js";
import {NO_SINK, verifySnapshot} from "../../../src/node/snapshots/verify.js";
import {writeSnapshot} from "../../../src/node/snapshots/write.js";
import {SqliteStore} from "../../../src/node/storage/sqlite/store.js";
import {mlDsa44} from "../../support/accounts.js";
import {scratchDirectory} from "../../support/chain.js";
import {CLOSING, certifyBy, deskAt, GENESIS, GROUNDS, HEADERS, idAt, ROWS, TIP} from "../../support/epochs.js";
import {trustIn} from "../../support/snapshots.js";

const verifyVote = rememberValid(mlDsa44.verify);
const TRUST = trustIn(GENESIS, {verifyVote});
const LIMITS = {slashReceiptsMax: 1, eventBlocksKept: 1};
const zero = genesisBlock(GENESIS).block.header;
const headerAt = (height: bigint) => (height === 0n ? zero : (HEADERS[Number(height) - 1] ?? null));
const bodyOf = (header: (typeof HEADERS)[number]) => ({
  header,
  transactions: [],
  proofs: [],
  coinbase: [],
  batches: [],
});

/** The snapshot of a block, as a node at `tip` writes it. */
function snapshotOf(
  height: bigint,
  tip = TIP,
  {shelf = scratchDirectory(), proofs = []}: {shelf?: string; proofs?: Uint8Array[]} = {},
): Promise<SnapshotFiles> {
  const epoch = ROWS.filter(({originHeight}) => originHeight <= height).length;
  return writeSnapshot({height, id: idAt(height), tree: GROUNDS[epoch]!.tree}, path.join(shelf, String(height)), {
    genesis: GENESIS,
    store: {
      header: headerAt,
      block: async (at) => ({
        id: idAt(at),
        block: {...bodyOf(headerAt(at)!), proofs},
        certificate: certifyBy(headerAt(at)!),
      }),
      certificate: (at) => certifyBy(headerAt(at)!),
      epoch: (number) => ROWS.find((each) => each.number === number) ?? null,
    },
    prove: (at) => deskAt(tip).prove(at),
    older: null,
    subtreeBytes: SUBTREE_BYTES,
    signal: new AbortController().signal,
    wrote: () => {},
  });
}

test("a block that is longer than a part may be has no snapshot", async () => {
  const shelf = scratchDirectory();
  const proofs = new Array<Uint8Array>(120).fill(new Uint8Array(65_536));
  await expect(snapshotOf(1n, TIP, {shelf, proofs})).rejects.toMatchObject({code: "SNAPSHOT_PART_TOO_LONG"});
  expect(readdirSync(shelf)).toEqual([]);
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "holds",
    (error: QsdmError) => error.code,
  );

/** The proof of a snapshot, taken apart and put together again with changes. */
async function reproved(
  files: SnapshotFiles,
  change: {
    final?(final: SnapshotProof): SnapshotProof;
    epochs?(epochs: readonly SnapshotEpoch[]): readonly SnapshotEpoch[];
    manifest?: Partial<SnapshotManifest>;
    trust?: Partial<SnapshotTrust>;
  },
): Promise<string> {
  const frames: Uint8Array[] = [];
  for await (const frame of files.proof()) frames.push(frame);
  const final = snapshotProof.decode(frames[0]!);
  const rows = frames.slice(1).map((each) => snapshotEpoch.decode(each));
  async function* again(): AsyncGenerator<Uint8Array> {
    yield snapshotProof.encode(change.final?.(final) ?? final);
    for (const each of change.epochs?.(rows) ?? rows) yield snapshotEpoch.encode(each);
  }
  const manifest = {...files.manifest, ...change.manifest};
  return codeOf(checkProof(manifest, again(), {...TRUST, ...change.trust}, () => {}));
}

const late = await snapshotOf(TIP);

describe("the proof leads from the genesis to the block", () => {
  test.each([2n, 3n, 5n, 6n, 7n, TIP])("at height %s", async (height) => {
    const tip = height < 3n ? 2n : height < 6n ? 5n : TIP;
    expect(await codeOf(verifySnapshot(await snapshotOf(height, tip), NO_SINK, TRUST))).toBe("holds");
  });

  test("a restored node has every epoch, and the votes for what each goes on from", async () => {
    const database = {path: path.join(scratchDirectory(), "chain.db"), ...LIMITS};
    await restoreSnapshot(late, database, TRUST);
    const store = await SqliteStore.open(database);
    expect([store.epoch(1n), store.epoch(2n), store.epoch(3n)]).toEqual([...ROWS, null]);
    for (const height of [3n, 6n, TIP]) expect(store.certificate(height)?.blockId).toBe(idAt(height));
    expect(store.certificate(4n)).toBeNull();
    store.close();
  });
});

describe("it does not where", () => {
  test.each<[string, (epochs: readonly SnapshotEpoch[]) => readonly SnapshotEpoch[]]>([
    ["an epoch is left out", ([, second]) => [second!]],
    ["the last epoch is left out", ([first]) => [first!]],
    ["an epoch stands twice", ([first, second]) => [first!, first!, second!]],
    [
      "an epoch names other validators",
      ([first, second]) => [{...first!, row: {...first!.row, validatorSet: second!.row.validatorSet}}, second!],
    ],
    [
      "the last one does",
      ([first, second]) => [first!, {...second!, row: {...second!.row, validatorSet: first!.row.validatorSet}}],
    ],
    ["nothing closed an epoch", ([first, second]) => [{...first!, row: {...first!.row, closing: []}}, second!]],
    [
      "a closing block has votes of others",
      ([first, second]) => {
        const closing = first!.row.closing.map((each, i) =>
          i === 0 ? {...each, certificate: certifyBy(CLOSING[0][0]!, [0, 1, 2, 5])} : each,
        );
        return [{...first!, row: {...first!.row, closing}}, second!];
      },
    ],
    [
      "a closing block holds something",
      ([first, second]) => {
        const closing = first!.row.closing.map((each, i) =>
          i === 0 ? {...each, block: {...each.block, transactions: [new Uint8Array(1)]}} : each,
        );
        return [{...first!, row: {...first!.row, closing}}, second!];
      },
    ],
    [
      "the votes for an origin are for another block",
      ([first, second]) => [{...first!, certificate: second!.certificate}, second!],
    ],
  ])("%s", async (_, epochs) => {
    expect(await reproved(late, {epochs})).not.toBe("holds");
  });

  test("the votes that come with the block are for another, or too few", async () => {
    const other = certifyBy(headerAt(TIP - 1n)!);
    expect(await reproved(late, {final: (final) => ({...final, certificate: other})})).toBe("SNAPSHOT_PROOF_INVALID");
    const few = (final: SnapshotProof) => ({
      ...final,
      certificate: {...final.certificate, votes: final.certificate.votes.slice(1)},
    });
    expect(await reproved(late, {final: few})).toBe("CERTIFICATE_INVALID");
  });

  test("a block of an epoch that ended before is shown", async () => {
    const early = await snapshotOf(2n, 2n);
    const frames: Uint8Array[] = [];
    for await (const frame of late.proof()) frames.push(frame);
    const epochs = frames.slice(1).map((each) => snapshotEpoch.decode(each));
    expect(await reproved(early, {epochs: () => epochs})).toBe("SNAPSHOT_PROOF_INVALID");
  });

  test("the genesis is too old for its voters to be believed, without a checkpoint or the operator's word", async () => {
    const nowMs = GENESIS.timeMs + 365n * 86_400_000n;
    expect(await reproved(late, {trust: {nowMs}})).toBe("CHECKPOINT_TOO_OLD");
    expect(await reproved(late, {trust: {nowMs, acceptOld: true}})).toBe("holds");
    const base = lightChainOf(GENESIS);
    const checkpoints = {...base, checkpoints: [{...base.checkpoints[0]!, height: 5n, timeMs: nowMs}]};
    expect(await reproved(late, {trust: {nowMs, checkpoints}})).toBe("holds");
    // Who voted at the genesis votes still.
    expect(await reproved(await snapshotOf(2n, 2n), {trust: {nowMs}})).toBe("holds");
  });
});

test("a file without a proof is none", async () => {
  async function* none(): AsyncGenerator<Uint8Array> {}
  expect(await codeOf(checkProof(late.manifest, none(), TRUST, () => {}))).toBe("SNAPSHOT_PROOF_INVALID");
});
