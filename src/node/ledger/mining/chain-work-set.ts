/**
 * The work set of an epoch, from blocks that the chain holds (docs/decisions/0010-work-sets.md).
 *
 * A batch is a block: its cells are the sections that the header commits to. The set of an epoch is a sample of the
 * blocks since the last one was drawn, drawn by the id of a block that lies before the epoch, so that every verifier
 * finds the same set and every miner can build its table in time.
 */
import {bytesOfHex, concat, equalBytes, utf8} from "../../../codecs/bytes.js";
import {blockIdOf, type Header} from "../../../codecs/chain/block.js";
import {sha3} from "../../../codecs/hash.js";
import {type Batch, type CellLookup, canonicalWorkSet, type WorkSet} from "../../../codecs/mining/cells.js";
import {UnavailableError} from "../../../errors.js";
import {epochStart} from "./epoch.js";

/** Batches of a work set; a served set stays below 20 KB. */
export const WORK_SET_BATCHES = 16;
/** The block that draws an epoch's set lies this part of an epoch before it. */
const LEAD_DIVISOR = 8n;

const CELL_TAG = utf8("qsdm/cell/v1\0");
const DRAW_TAG = utf8("qsdm/work-draw/v1\0");
/** Height, block id, number of the section. */
const CELL_ID_BYTES = 8 + 32 + 1;

/** Header at a height of this chain, or null. */
export type ReadHeader = (height: bigint) => Header | null;

/** Height of the block that draws the set of `epoch`; where that is genesis, genesis is the set. */
export function anchorHeight(epoch: bigint, blocksPerEpoch: bigint): bigint {
  if (epoch === 0n) return 0n;
  const lead = blocksPerEpoch / LEAD_DIVISOR;
  return epochStart(epoch, blocksPerEpoch) - (lead > 0n ? lead : 1n);
}

/** Roots that a header commits to, in the order of their cells. */
const sectionsOf = (header: Header): readonly string[] => [
  header.parentStateRoot,
  header.parentReceiptsRoot,
  header.transactionsRoot,
  header.proofsRoot,
  header.coinbaseRoot,
];

const u64 = (value: bigint): Uint8Array => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
};

/** The batch that stands for a block: 41-byte ids, and content hashes that are never zero, empty sections included. */
export function batchOf(header: Header): Batch {
  const block = concat(u64(header.height), bytesOfHex(blockIdOf(header)));
  return sectionsOf(header).map((root, section) => {
    const id = concat(block, Uint8Array.of(section));
    return {id, contentHash: sha3(CELL_TAG, id, bytesOfHex(root))};
  });
}

/** Finds cells among the blocks that `read` gives. */
export const cellLookup =
  (read: ReadHeader): CellLookup =>
  (id) => {
    if (id.length !== CELL_ID_BYTES) return null;
    const header = read(new DataView(id.buffer, id.byteOffset).getBigUint64(0));
    const cell = header && batchOf(header).find((each) => equalBytes(each.id, id));
    return cell ? cell.contentHash : null;
  };

/**
 * The set of `epoch` in canonical order.
 * @throws UnavailableError MINING_UNAVAILABLE while the chain has not reached the block that draws it
 */
export function chainWorkSet(epoch: bigint, blocksPerEpoch: bigint, read: ReadHeader): WorkSet {
  const drawnAt = anchorHeight(epoch, blocksPerEpoch);
  const anchor = need(read, drawnAt);
  if (drawnAt === 0n) return [batchOf(anchor)];
  const first = anchorHeight(epoch - 1n, blocksPerEpoch) + 1n;
  const seed = bytesOfHex(blockIdOf(anchor));
  return canonicalWorkSet(draw(seed, first, drawnAt).map((height) => batchOf(need(read, height))));
}

/** One height from each of 16 equal parts of `first` to `last`, or all where there are not more. */
function draw(seed: Uint8Array, first: bigint, last: bigint): bigint[] {
  const blocks = last - first + 1n;
  const parts = blocks < WORK_SET_BATCHES ? blocks : BigInt(WORK_SET_BATCHES);
  return Array.from({length: Number(parts)}, (_, i) => {
    const start = (BigInt(i) * blocks) / parts;
    const end = (BigInt(i + 1) * blocks) / parts;
    const digest = sha3(DRAW_TAG, seed, Uint8Array.of(i));
    return first + start + (new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % (end - start));
  });
}

function need(read: ReadHeader, height: bigint): Header {
  const header = read(height);
  if (header) return header;
  throw new UnavailableError("MINING_UNAVAILABLE", `the work set needs block ${height}, which is not there yet`, {
    hint: "try again in a few seconds",
  });
}
