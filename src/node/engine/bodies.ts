/** The blocks above the final one, whole, and which of them are on disk. */
import {type Block, blockIdOf, type Certificate} from "../../codecs/chain/block.js";
import {type JustifiedBlock, uncommittedBlock} from "../../codecs/consensus/promise.js";
import type {BlockRef} from "../consensus/hotstuff/state.js";
import type {UncommittedBlock} from "../storage/store.js";
import type {BlockFeed} from "./ports.js";

/** A block as consensus sees it. */
export const refOf = (
  {block: {header}}: {readonly block: Pick<Block, "header">},
  id = blockIdOf(header),
): BlockRef => ({
  id,
  parentId: header.parentId,
  height: header.height,
  view: header.view,
});

export class Bodies {
  readonly #byId = new Map<string, JustifiedBlock>();
  readonly #onDisk = new Set<string>();

  get(id: string): JustifiedBlock | undefined {
    return this.#byId.get(id);
  }

  put(id: string, body: JustifiedBlock, where: "memory" | "disk" = "memory"): void {
    if (!this.#byId.has(id)) this.#byId.set(id, body);
    if (where === "disk") this.#onDisk.add(id);
  }

  /** The branch that ends with what `certificate` is for, lowest first. */
  certified(certificate: Certificate): readonly {block: Block; certificate: Certificate}[] {
    const out: {block: Block; certificate: Certificate}[] = [];
    for (let body = this.get(certificate.blockId); body; body = this.get(certificate.blockId)) {
      out.unshift({block: body.block, certificate});
      certificate = body.justify;
    }
    return out;
  }

  clear(): void {
    this.#byId.clear();
    this.#onDisk.clear();
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      this.#byId.delete(id);
      this.#onDisk.delete(id);
    }
  }

  /** What has to be written for `id` and its ancestors to be on disk, lowest first: by their batches where those are there. */
  unwritten(id: string | null, batches: Pick<BlockFeed, "kept">): readonly UncommittedBlock[] {
    const rows: UncommittedBlock[] = [];
    for (let at = id; at !== null && !this.#onDisk.has(at); ) {
      const body = this.#byId.get(at);
      if (!body) break;
      const compact = batches.kept(body.block);
      const value = uncommittedBlock.encode(compact ? {compact, justify: body.justify} : body);
      rows.unshift({id: at, height: body.block.header.height, value});
      at = body.block.header.parentId;
    }
    return rows;
  }

  written(rows: readonly UncommittedBlock[]): void {
    for (const {id} of rows) this.#onDisk.add(id);
  }
}
