/** The addon's threads behind promises. */
import {concat} from "../../../codecs/bytes.js";
import {InvariantError, UnavailableError} from "../../../errors.js";
import type {Solution, SolveJob} from "../../ledger/mining/solve.js";
import {batchOf, VALID} from "../ml-dsa/native.js";
import type {MlDsaLevel, SignedMessage} from "../ml-dsa.js";
import type {ComputePool, PoolOptions, SearchRun} from "../pool.js";
import {type Addon, type AddonPool, SPONGE} from "./addon.js";
import {dagArguments, HASH_BYTES, limitOf, NONCE_BYTES, packed, slices} from "./forms.js";
import {tableChanged} from "./table.js";

export class NativePool implements ComputePool {
  readonly threads: number;
  readonly #pool: AddonPool;
  #tickets = 0;

  /** @param path index of a path that this machine can run */
  constructor(
    addon: Addon,
    private readonly path: number,
    {threads, waitingBatches, waitingBytes}: PoolOptions,
  ) {
    this.threads = threads;
    this.#pool = new addon.Pool(threads, waitingBatches, waitingBytes);
  }

  async sha3(messages: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    const {bytes, ends} = packed(messages);
    const digests = await this.#run(signal, (ticket) =>
      this.#pool.hash(ticket, this.path, SPONGE.sha3_256, bytes, ends, HASH_BYTES),
    );
    return slices(digests, messages.length);
  }

  async mlDsaVerify(
    level: MlDsaLevel,
    batch: readonly SignedMessage[],
    signal?: AbortSignal,
  ): Promise<readonly boolean[]> {
    const verdicts = await this.#run(signal, (ticket) =>
      this.#pool.mlDsaVerify(ticket, ...batchOf(this.path, level, batch)),
    );
    return Array.from(verdicts, (verdict) => verdict === VALID);
  }

  async search(job: SolveJob, {start, attempts}: SearchRun, signal?: AbortSignal): Promise<Solution> {
    const {headerHash, batchRoot, target, table, mix} = job;
    const fixed = concat(headerHash, batchRoot);
    const limit = limitOf(target);
    const walked = dagArguments(table);
    if (!walked) throw new InvariantError("a table that native code cannot read");
    const found = await this.#run(signal, (ticket) =>
      this.#pool.search(ticket, this.path, ...walked, mix, fixed, limit, start, attempts),
    );
    return {nonce: found.slice(0, NONCE_BYTES), mixDigest: found.slice(NONCE_BYTES)};
  }

  async close(): Promise<void> {
    await named(this.#pool.close.bind(this.#pool));
  }

  async #run<T>(signal: AbortSignal | undefined, begin: (ticket: number) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const ticket = ++this.#tickets;
    const cancel = (): void => void this.#pool.cancel(ticket);
    signal?.addEventListener("abort", cancel, {once: true});
    try {
      return await named(() => begin(ticket));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }
}

/** What the addon refuses with, under this program's codes. */
const REFUSALS: Readonly<Record<string, readonly [code: string, message: string, hint: string]>> = {
  NATIVE_BUSY: ["COMPUTE_BUSY", "too many batches wait to be computed", "try again in a moment"],
  NATIVE_CLOSED: ["COMPUTE_CLOSED", "the compute threads have been stopped", "the program is ending; start it again"],
  NATIVE_CANCELLED: ["COMPUTE_CLOSED", "the compute threads were stopped", "the program is ending; start it again"],
  NATIVE_MEMORY: ["COMPUTE_MEMORY", "there is no memory for this batch", "hand over less at once"],
};

export async function named<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const refusal = REFUSALS[(error as {code?: string}).code ?? ""];
    if ((error as {code?: string}).code === "NATIVE_TABLE") throw tableChanged(error);
    if (!refusal) throw error;
    const [code, message, hint] = refusal;
    throw new UnavailableError(code, message, {hint, cause: error});
  }
}
