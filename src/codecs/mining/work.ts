/**
 * What `GET /api/v1/mining/work` serves.
 *
 * J-html JSON of the members below in order: heights and sizes as numbers beyond 2^53 if need be, hashes and cell ids
 * as lowercase hex, the difficulty as decimal text.
 * Source: mining protocol, section 24.1. Vectors: work.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {hexOf} from "../bytes.js";
import {readHex} from "../go/hex.js";
import {prefixed, readWhole} from "../go/readers.js";
import {goStruct, member} from "../go/struct.js";
import {goList, goText, goUint32, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import type {Batch, WorkSet} from "./cells.js";

export interface Work {
  readonly epoch: bigint;
  readonly height: bigint;
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  readonly difficulty: bigint;
  readonly dagEntries: number;
  /** 32 bytes. */
  readonly workSetRoot: Uint8Array;
  readonly workSet: WorkSet;
  readonly batchCountMaximum: number;
  readonly blocksPerEpoch: bigint;
}

/** Work with what nodes of ours say besides; null where a node does not. */
export interface ServedWork extends Work {
  /** 1 for the plain walk, 2 for the tensor walk. */
  readonly mixVersion: number | null;
  /** Root that the next epoch's table will be made from, 32 bytes, as soon as the chain has drawn it. */
  readonly nextWorkSetRoot: Uint8Array | null;
}

/** Longest work that a client reads; a work set of 10,000 full batches fits. */
export const WORK_MAX_BYTES = 16 << 20;
/** A difficulty above 2^256 has no target. */
const MAX_DIFFICULTY_DIGITS = 78;

const cellWire = goStruct("api.MiningWorkCell", {
  id: member("id", goText()),
  contentHash: member("content_hash", goText()),
});
const batchWire = goStruct("api.MiningWorkBatch", {cells: member("cells", goList(cellWire))});
const workWire = goStruct("api.MiningWork", {
  epoch: member("epoch", goUint64),
  height: member("height", goUint64),
  headerHash: member("header_hash", goText()),
  difficulty: member("difficulty", goText()),
  dagEntries: member("dag_size", goUint32),
  workSetRoot: member("workset_root", goText()),
  workSet: member("workset", goList(batchWire)),
  batchCountMaximum: member("batch_count_maximum", goUint32),
  blocksPerEpoch: member("blocks_per_epoch", goUint64),
});

const CODE = "WORK_INVALID";
const refuse = (message: string): never => {
  throw new DecodeError(CODE, message);
};

function readWork(bytes: Uint8Array): Work {
  const wire = readWhole(workWire, bytes, {code: CODE, prefix: "api: decode work: "});
  // Header, difficulty, work set: the order in which the reference reports faults. It never looks at the served root.
  const headerHash = readDigest("header_hash", wire.headerHash);
  if (!/^[0-9]+$/.test(wire.difficulty) || wire.difficulty.length > MAX_DIFFICULTY_DIGITS)
    refuse("api: invalid difficulty");
  const difficulty = BigInt(wire.difficulty);
  if (difficulty === 0n) refuse("api: invalid difficulty");
  const workSet = wire.workSet.map(
    ({cells}): Batch =>
      cells.map(({id, contentHash}) => ({
        id: prefixed({code: CODE, prefix: ""}, () => readHex(id)),
        contentHash: readDigest("content_hash", contentHash),
      })),
  );
  return {...wire, headerHash, difficulty, workSet, workSetRoot: readDigest("workset_root", wire.workSetRoot)};
}

function readDigest(name: string, hex: string): Uint8Array {
  const bytes = prefixed({code: CODE, prefix: `api: decode ${name}: `}, () => readHex(hex));
  return bytes.length === 32 ? bytes : refuse(`api: ${name} wrong length`);
}

/**
 * Body of the work route. `readCompat` takes any member order and unknown members; whether the root fits the work set
 * is the caller's to check with `workSetRoot`.
 */
export const workCodec = canonicalCodec<Work>({
  what: "work",
  maxBytes: WORK_MAX_BYTES,
  write: (work) =>
    workWire.write(
      {
        ...work,
        headerHash: hexOf(work.headerHash),
        difficulty: String(work.difficulty),
        workSetRoot: hexOf(work.workSetRoot),
        workSet: work.workSet.map((cells) => ({
          cells: cells.map(({id, contentHash}) => ({id: hexOf(id), contentHash: hexOf(contentHash)})),
        })),
      },
      "html",
    ),
  read: readWork,
});
