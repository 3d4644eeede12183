/**
 * Mistakes that a program could make, planted into the trace of one that does not: a call that is left out or comes too
 * late leaves the same trace as code without it. The checks have to notice each.
 */
import type {TraceOp} from "./trace.js";

export interface PlantedMistake {
  readonly name: string;
  /** What is found. */
  readonly caughtBy: RegExp;
  plant(ops: readonly TraceOp[]): readonly TraceOp[];
}

const without = (ops: readonly TraceOp[], isLeftOut: (op: TraceOp, index: number) => boolean): readonly TraceOp[] =>
  ops.filter((op, index) => !isLeftOut(op, index));
const syncs = (op: TraceOp, name: RegExp): boolean => op.kind === "sync" && name.test(op.path);

export const PLANTED: readonly PlantedMistake[] = [
  {
    name: "the record of votes is not flushed",
    caughtBy: /^signed is what the process never saw/,
    plant: (ops) => without(ops, (op) => syncs(op, /validator\.signed$/)),
  },
  {
    name: "the database runs with synchronous=OFF",
    caughtBy: /^database is what|is not a whole SQLite database$/,
    plant: (ops) => without(ops, (op) => syncs(op, /chain\.db/)),
  },
  {
    name: "an answer leaves before its transaction is flushed",
    caughtBy: /^database is what the process never saw/,
    plant: (ops) => {
      const early = [...ops];
      for (let at = early.length - 1; at > 0; at--)
        if (early[at]!.kind === "sent" && syncs(early[at - 1]!, /chain\.db-wal$/))
          [early[at - 1], early[at]] = [early[at]!, early[at - 1]!];
      return early;
    },
  },
  {
    name: "keys are renamed into place and their directory is not flushed",
    caughtBy: /^cannot read .*(seed|key)$|^keys is what the process never saw/,
    plant: (ops) => {
      const database = ops.findIndex((op) => op.kind === "create" && op.path.endsWith("chain.db"));
      return without(ops, ({kind}, index) => kind === "sync-directory" && index < database);
    },
  },
  {
    name: "a draft is renamed before it is flushed",
    caughtBy: /./,
    plant: (ops) => without(ops, (op) => syncs(op, /\.new$/)),
  },
];
