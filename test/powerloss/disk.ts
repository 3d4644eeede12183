/**
 * A disk below a page cache. What was synced is there after a power cut; every later change of a file, and every later
 * change of names in a directory, may be there or not, in any order, until the file or the directory is synced.
 *
 * Stricter than any one file system, as POSIX allows it: syncing a file does not sync its name.
 */
import {mkdirSync, rmSync, writeFileSync} from "node:fs";
import path from "node:path";
import type {ContentOp, NameOp, TraceOp} from "./trace.js";

/** A change that a power cut may undo. */
export type Pending = {readonly index: number; readonly file: number} & (
  | {readonly op: ContentOp; readonly name: null}
  | {readonly op: null; readonly name: NameOp}
);

/** What becomes of a pending change: kept as it is unless it is lost or kept in part. */
export type Fate =
  | "lost"
  /** The file grew, and the bytes did not arrive. */
  | "zeros"
  /** Sectors of 512 bytes that arrived, by their bits. */
  | {readonly sectors: bigint};

/** A choice of fates for what is pending; `order` is that of content that arrived, oldest first where it is null. */
export interface Cut {
  readonly fates: ReadonlyMap<number, Fate>;
  readonly order: readonly number[] | null;
}

export const SECTOR_BYTES = 512;
const DIRECTORY = "directory";
/** In the place of a file, where a directory is meant or nothing. */
const NO_FILE = -1;

/** Names and contents, by path. */
export type Files = ReadonlyMap<string, Uint8Array | typeof DIRECTORY>;

interface FileState {
  /** What is on the disk for certain. */
  readonly content: Content;
  /** Index of the last change in it. */
  version: number;
}

export class PageCache {
  readonly #files: FileState[] = [];
  /** Files by inode, which is used again once a file is gone. */
  readonly #byInode = new Map<bigint, number>();
  /** Synced names. */
  readonly #names = new Map<string, number | typeof DIRECTORY>();
  #pending: Pending[] = [];
  /** Counts syncs of names. */
  #namesVersion = 0;

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Takes the next call of the trace. */
  apply(op: TraceOp, index: number): void {
    switch (op.kind) {
      case "write":
      case "truncate":
        this.#pending.push({index, file: this.#fileOf(op.inode), op, name: null});
        return;
      case "create":
        this.#byInode.set(
          op.inode,
          this.#files.push({content: {bytes: new Uint8Array(), length: 0}, version: index}) - 1,
        );
        this.#pending.push({index, file: this.#fileOf(op.inode), op: null, name: op});
        return;
      case "rename":
      case "link":
        this.#pending.push({index, file: this.#byInode.get(op.inode) ?? NO_FILE, op: null, name: op});
        return;
      case "mkdir":
        this.#byInode.delete(op.inode);
        this.#pending.push({index, file: NO_FILE, op: null, name: op});
        return;
      case "unlink":
        this.#pending.push({index, file: NO_FILE, op: null, name: op});
        return;
      case "sync":
        this.#settle(({file, op: content}) => content !== null && file === this.#fileOf(op.inode));
        return;
      case "sync-directory":
        this.#settle(({name}) => name !== null && path.dirname(`/${name.path}`) === path.join("/", op.path));
        this.#namesVersion = index;
    }
  }

  /** The files after a power cut. */
  after({fates, order}: Cut): Files {
    const names = new Map(this.#names);
    const kept = this.#pending.filter(({index}) => fates.get(index) !== "lost");
    for (const {name, file} of kept) if (name) rename(names, name, file);
    const contents = kept.filter(({op}) => op !== null);
    if (order) contents.sort((a, b) => order.indexOf(a.index) - order.indexOf(b.index));
    const files = new Map<string, Uint8Array | typeof DIRECTORY>();
    for (const [at, file] of names) {
      if (!isReachable(names, at)) continue;
      if (file === DIRECTORY) files.set(at, DIRECTORY);
      else files.set(at, this.#content(file, contents, fates));
    }
    return files;
  }

  /** Tells cuts that leave the same files apart from others. */
  keyOf({fates, order}: Cut): string {
    const parts = this.#pending
      .filter(({index}) => fates.get(index) !== "lost")
      .map(({index}) => {
        const fate = fates.get(index);
        return fate === undefined
          ? index
          : fate === "zeros"
            ? `${index}z`
            : `${index}s${(fate as {sectors: bigint}).sectors}`;
      });
    const versions = new Set(this.#pending.filter(({op}) => op !== null).map(({file}) => file));
    const others = this.#files.map(({version}, file) => (versions.has(file) ? `${version}+` : version));
    return `${this.#namesVersion}|${others.join()}|${parts.join()}|${order ? order.join() : ""}`;
  }

  /** What a cut does not keep whole. */
  describe({fates}: Cut): string[] {
    return this.#pending.flatMap(({index, op, name}) => {
      const fate = fates.get(index);
      if (fate === undefined) return [];
      const how = typeof fate === "object" ? `torn (${fate.sectors.toString(2)})` : fate;
      return op ? `${op.kind} ${op.path} at ${op.offset}: ${how}` : `${name.kind} ${name.path}: ${how}`;
    });
  }

  #fileOf(inode: bigint): number {
    const file = this.#byInode.get(inode);
    if (file === undefined) throw new Error(`inode ${inode} was changed before it was made`);
    return file;
  }

  #settle(settles: (pending: Pending) => boolean): void {
    const gone = this.#pending.filter(settles);
    this.#pending = this.#pending.filter((pending) => !settles(pending));
    for (const {op, name, file, index} of gone)
      if (name) rename(this.#names, name, file);
      else {
        const state = this.#files[file]!;
        change(state.content, op, undefined);
        state.version = index;
      }
  }

  #content(file: number, contents: readonly Pending[], fates: Cut["fates"]): Uint8Array {
    const {bytes, length} = this.#files[file]!.content;
    const changes = contents.filter((pending) => pending.file === file);
    if (changes.length === 0) return bytes.subarray(0, length);
    const content = {bytes: bytes.slice(), length};
    for (const {op, index} of changes) change(content, op!, fates.get(index));
    return content.bytes.subarray(0, content.length);
  }
}

function rename(names: Map<string, number | typeof DIRECTORY>, {kind, from, path: to}: NameOp, file: number): void {
  if (kind === "unlink") {
    names.delete(to);
    return;
  }
  if (kind === "rename") {
    names.delete(from);
    // A directory takes along what is in it.
    for (const [name, at] of [...names])
      if (name.startsWith(`${from}/`)) {
        names.delete(name);
        names.set(to + name.slice(from.length), at);
      }
  }
  names.set(to, file === NO_FILE ? DIRECTORY : file);
}

/** Whether every directory above is there. */
function isReachable(names: ReadonlyMap<string, unknown>, at: string): boolean {
  const parent = path.dirname(at);
  return parent === "." || (names.get(parent) === DIRECTORY && isReachable(names, parent));
}

/** Bytes that grow in place. */
interface Content {
  bytes: Uint8Array;
  length: number;
}

function change(content: Content, {kind, offset, data}: ContentOp, fate: Fate | undefined): void {
  if (kind === "truncate") {
    content.bytes.fill(0, Math.min(offset, content.length), content.length);
    resize(content, offset);
    return;
  }
  resize(content, Math.max(content.length, offset + data.length));
  if (fate === undefined) content.bytes.set(data, offset);
  if (typeof fate !== "object") return;
  const first = Math.floor(offset / SECTOR_BYTES);
  for (let at = 0; at < data.length; ) {
    // Sectors are the disk's: a write may begin within one.
    const sector = Math.floor((offset + at) / SECTOR_BYTES);
    const end = Math.min(data.length, (sector + 1) * SECTOR_BYTES - offset);
    if ((fate.sectors >> BigInt(sector - first)) & 1n) content.bytes.set(data.subarray(at, end), offset + at);
    at = end;
  }
}

/** What lies above the length is zero. */
function resize(content: Content, length: number): void {
  if (length > content.bytes.length) {
    const bytes = new Uint8Array(Math.max(length, 2 * content.bytes.length));
    bytes.set(content.bytes);
    content.bytes = bytes;
  }
  content.length = length;
}

/** Puts files where nothing else is. */
export function writeFiles(directory: string, files: Files): void {
  rmSync(directory, {recursive: true, force: true});
  mkdirSync(directory, {recursive: true});
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const place = path.join(directory, name);
    if (content === DIRECTORY) mkdirSync(place, {mode: 0o700});
    else writeFileSync(place, content, {mode: 0o600});
  }
}
