/**
 * Heights that a rig has signed a proof for, on disk, so that it never signs two for one: a second proof, made after a
 * crash or by a second process with the same key, is double mining and costs the bond.
 *
 * One empty file for each chain and height. Creating a file that exists fails, in one step and for every process.
 */
import {open, readdir, rm} from "node:fs/promises";
import path from "node:path";
import {RuleError, UnavailableError} from "../../errors.js";
import {makeDirectory, syncDirectory} from "../durable-directory.js";

/** Marks that are kept; far more than the grace windows of all networks. */
const KEPT = 256;

/** Wider than our own chains' names: QSDM's networks are named more freely. */
const CHAIN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export class SignedHeights {
  /**
   * @param directory made when the first height is claimed
   * @param chainId as a node tells it, which must not lead out of the directory
   * @throws RuleError CHAIN_ID_INVALID
   */
  constructor(
    private readonly directory: string,
    private readonly chainId: string,
  ) {
    if (!CHAIN_ID.test(chainId))
      throw new RuleError("CHAIN_ID_INVALID", `the node names its chain ${JSON.stringify(chainId.slice(0, 80))}`, {
        hint: "no chain has such a name: mine for another node",
      });
  }

  /**
   * Claims `height` for one signature; false when it was claimed before. On disk when it returns.
   * @throws UnavailableError SIGNED_HEIGHTS_UNAVAILABLE: nothing may be signed
   */
  async claim(height: bigint): Promise<boolean> {
    try {
      makeDirectory(this.directory);
      if (!(await this.#mark(height))) return false;
      // A new file survives a power cut only when its directory is flushed.
      syncDirectory(this.directory);
      await this.#prune();
      return true;
    } catch (cause) {
      throw new UnavailableError("SIGNED_HEIGHTS_UNAVAILABLE", `cannot record signed heights in ${this.directory}`, {
        hint: "make the directory writable: without the record a restart could sign twice and lose the bond",
        cause,
      });
    }
  }

  /** Creates the mark; false when it is there. */
  async #mark(height: bigint): Promise<boolean> {
    try {
      await (await open(path.join(this.directory, this.#name(height)), "wx", 0o600)).close();
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  #name(height: bigint): string {
    return `${this.chainId}-${height.toString().padStart(20, "0")}`;
  }

  async #prune(): Promise<void> {
    const prefix = `${this.chainId}-`;
    // Chain "a" must not take the marks of chain "a-b" for its own.
    const isOwn = (name: string) => name.startsWith(prefix) && /^\d{20}$/.test(name.slice(prefix.length));
    const marks = (await readdir(this.directory)).filter(isOwn).sort();
    for (const name of marks.slice(0, -KEPT)) await rm(path.join(this.directory, name), {force: true});
  }
}
