/**
 * A disk below a page cache. What was synced is there after a power cut; every later change of a file, and every later
 * change of names in a directory, may be there or not, in any order, until the file or the directory is synced.
 *
 * Stricter than any one file system, as POSIX allows it: syncing a file does not sync its name.
 */
import {createHash} from "node:crypto";
import path from "node:path";
import {type Change, Content} from "./content.js";
import {type Cut, fateIn} from "./cuts.js";
import type {ContentOp, NameOp, TraceOp} from "./trace.js";

/** A change that a power cut may undo. */
export type Pending = {readonly index: number; readonly file: number} & (
  | {readonly op: ContentOp; readonly name: null}
  | {readonly op: null; readonly name: NameOp}
);

export const DIRECTORY = "directory";
/** In the place of a file, where a directory is meant or nothing. */
const NO_FILE = -1;

/** The files that a power cut left, by path; directories come before what is in them. */
export class Image {
  constructor(readonly files: ReadonlyMap<string, Content | typeof DIRECTORY>) {}

  /** Tells it from others by all directories, and by the files that are told. */
  digest(owns: (path: string) => boolean): string {
    const hash = createHash("sha256");
    for (const [name, content] of this.files)
      if (content === DIRECTORY) hash.update(`${name}/\n`);
      else if (owns(name)) hash.update(`${name}\n${content.digest}\n`);
    return hash.digest("base64");
  }
}

export class PageCache {
  /** What is on the disk for certain of each file. */
  readonly #files: Content[] = [];
  /** Files by inode, which is used again once a file is gone. */
  readonly #byInode = new Map<bigint, number>();
  /** Synced names. */
  readonly #names = new Map<string, number | typeof DIRECTORY>();
  #pending: Pending[] = [];

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
        this.#byInode.set(op.inode, this.#files.push(Content.NONE) - 1);
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
    }
  }

  /** The files after a power cut. */
  after(cut: Cut): Image {
    const names = new Map(this.#names);
    const changes = new Map<number, (Change & {readonly index: number})[]>();
    for (const {index, file, op, name} of this.#pending) {
      const fate = fateIn(cut, index);
      if (fate === "lost") continue;
      if (name) rename(names, name, file);
      else if (changes.has(file)) changes.get(file)!.push({op, fate, index});
      else changes.set(file, [{op, fate, index}]);
    }
    const {order} = cut;
    if (order) {
      const place = new Map(order.map((index, at) => [index, at]));
      for (const each of changes.values()) each.sort((a, b) => place.get(a.index)! - place.get(b.index)!);
    }
    const files = new Map<string, Content | typeof DIRECTORY>();
    for (const [at, file] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!isReachable(names, at)) continue;
      const changed = typeof file === "number" ? changes.get(file) : undefined;
      files.set(at, file === DIRECTORY ? DIRECTORY : changed ? this.#files[file]!.after(changed) : this.#files[file]!);
    }
    return new Image(files);
  }

  /** What a cut does not keep whole. */
  describe(cut: Cut): string[] {
    return this.#pending.flatMap(({index, op, name}) => {
      const fate = fateIn(cut, index);
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
    const changes = new Map<number, Change[]>();
    for (const {op, name, file} of gone)
      if (name) rename(this.#names, name, file);
      else if (changes.has(file)) changes.get(file)!.push({op, fate: undefined});
      else changes.set(file, [{op, fate: undefined}]);
    for (const [file, each] of changes) this.#files[file] = this.#files[file]!.after(each);
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
