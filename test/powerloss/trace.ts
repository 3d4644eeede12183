/**
 * What the preload library wrote down of a process: every change to files below one directory, in order, and when
 * something left the process. `preload/preload.c` writes the records: a head of 32 bytes, a path, data.
 */

/** A change of one file's content. `offset` is the new size of a truncation. */
export interface ContentOp {
  readonly kind: "write" | "truncate";
  readonly inode: bigint;
  readonly path: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** A change of names. Each belongs to the directory that its path is in. */
export interface NameOp {
  readonly kind: "create" | "link" | "mkdir" | "unlink" | "rename";
  readonly inode: bigint;
  readonly path: string;
  /** What a rename took the name from; else the path itself. */
  readonly from: string;
}

export type TraceOp =
  | ContentOp
  | NameOp
  | {readonly kind: "sync"; readonly inode: bigint; readonly path: string}
  | {readonly kind: "sync-directory"; readonly path: string}
  /** Bytes on their way to a socket: what they tell was heard. */
  | {readonly kind: "sent"; readonly data: Uint8Array}
  /** A call that was made to fail. */
  | {readonly kind: "failed"; readonly path: string};

const HEAD_BYTES = 32;
/** As `enum kind` of the library, which counts from 1. */
const KINDS = [
  "write",
  "truncate",
  "sync",
  "create",
  "rename",
  "unlink",
  "mkdir",
  "sync-directory",
  "sent",
  "failed",
  "unsupported",
  "link",
] as const;

/**
 * The records of a trace, paths relative to `root`.
 * @throws Error for a call that cannot be followed, and for a trace that ends within a record
 */
export function decodeTrace(bytes: Buffer, root: string): TraceOp[] {
  const ops: TraceOp[] = [];
  const relative = (path: string): string => path.slice(root.length + 1);
  for (let at = 0; at < bytes.length; ) {
    const kind = KINDS[bytes.readUInt32LE(at) - 1];
    const pathEnd = at + HEAD_BYTES + bytes.readUInt32LE(at + 4);
    const inode = bytes.readBigUInt64LE(at + 8);
    const offset = Number(bytes.readBigUInt64LE(at + 16));
    const end = pathEnd + Number(bytes.readBigUInt64LE(at + 24));
    if (end > bytes.length) throw new Error("the trace ends within a record");
    const text = bytes.toString("utf8", at + HEAD_BYTES, pathEnd);
    const data = bytes.subarray(pathEnd, end);
    const [first, second] = text.split("\n").map(relative);
    const path = second ?? first!;
    at = end;
    if (kind === undefined || kind === "unsupported") throw new Error(`a change to ${text} cannot be followed`);
    if (kind === "sent") ops.push({kind, data});
    else if (kind === "sync") ops.push({kind, inode, path});
    else if (kind === "sync-directory" || kind === "failed") ops.push({kind, path});
    else if (kind === "write" || kind === "truncate") ops.push({kind, inode, path, offset, data});
    else ops.push({kind, inode, path, from: first!});
  }
  return ops;
}
