/** A table in the memory of a device, spread over as many buffers as the limits of a binding ask for. */

import {type DagTable, ENTRY_BYTES, entryCount} from "../../ledger/mining/dag.js";
import {deviceFailed} from "../device/failure.js";
import {TABLE_BUFFERS} from "./shader.js";

/** Bytes that are handed over at once, which are copied twice on the way. */
const PIECE_BYTES = 32 * 2 ** 20;

export class DeviceTable {
  #buffers: GPUBuffer[] = [];
  #entries = 0;
  #shift = 0;

  constructor(private readonly device: GPUDevice) {}

  get buffers(): readonly GPUBuffer[] {
    return this.#buffers;
  }
  get entries(): number {
    return this.#entries;
  }
  /** Entries of each buffer, as a power of two. */
  get shift(): number {
    return this.#shift;
  }

  /** Takes a table over. @throws UnavailableError DEVICE_FAILED when the device has no room for it */
  async load(table: DagTable): Promise<void> {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
    const {maxStorageBufferBindingSize, maxBufferSize} = this.device.limits;
    const most = Math.min(maxStorageBufferBindingSize, maxBufferSize) / ENTRY_BYTES;
    const entries = entryCount(table);
    this.#shift = Math.min(Math.floor(Math.log2(most)), Math.ceil(Math.log2(entries)));
    const perBuffer = 2 ** this.#shift * ENTRY_BYTES;
    if (table.length > TABLE_BUFFERS * perBuffer)
      throw deviceFailed(`its device takes tables of up to ${(TABLE_BUFFERS * perBuffer) / 2 ** 20} MiB`);
    this.device.pushErrorScope("out-of-memory");
    for (let from = 0; from < table.length; from += perBuffer) {
      const size = Math.min(perBuffer, table.length - from);
      this.#buffers.push(this.device.createBuffer({size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST}));
    }
    const error = await this.device.popErrorScope();
    if (error)
      throw deviceFailed(`no ${Math.ceil(table.length / 2 ** 20)} MiB of its device's memory: ${error.message}`);
    this.#entries = entries;
    for (const [i, buffer] of this.#buffers.entries())
      await this.#fill(buffer, table.subarray(i * perBuffer, (i + 1) * perBuffer));
  }

  async #fill(buffer: GPUBuffer, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      // A copy, because memory that threads share is not taken.
      this.device.queue.writeBuffer(buffer, at, new Uint8Array(bytes.subarray(at, at + PIECE_BYTES)));
      await this.device.queue.onSubmittedWorkDone();
    }
  }
}
