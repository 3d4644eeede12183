/**
 * What a voting key signed last, in a file of its own beside the key: a database that was restored from an old copy
 * must not make the key sign twice.
 *
 * Two slots are written in turn and flushed, so that a crash in the middle of one leaves the other.
 */
import {closeSync, fdatasyncSync, openSync, readSync, writeSync} from "node:fs";
import path from "node:path";
import {compareBytes, concat, plain} from "../../codecs/bytes.js";
import {type SignedRecord, signedRecord} from "../../codecs/consensus/promise.js";
import {sha3} from "../../codecs/hash.js";
import {DecodeError, UnavailableError} from "../../errors.js";
import {syncDirectory} from "../durable-directory.js";

const SLOT_BYTES = 512;
const DIGEST_BYTES = 32;
const HEAD_BYTES = DIGEST_BYTES + 8 + 2;

interface Slot {
  readonly serial: bigint;
  readonly record: SignedRecord;
}

export class SignedFile {
  #newest: Slot | null;
  #failure: unknown = null;

  private constructor(
    private readonly file: string,
    private readonly handle: number,
    newest: Slot | null,
  ) {
    this.#newest = newest;
  }

  /** Opens the record, or begins an empty one. @throws UnavailableError SIGNED_RECORD_CORRUPT, SIGNED_RECORD_UNAVAILABLE */
  static open(file: string): SignedFile {
    return guarded(file, () => {
      const handle = openSync(file, "as+", 0o600);
      closeSync(handle);
      syncDirectory(path.dirname(file));
      const both = openSync(file, "r+");
      const slots = [0, 1].map((at) => readSlot(both, at));
      const [first, second] = slots.map((each) => (each === "empty" || each === "broken" ? null : each));
      // One broken slot is a write that a crash cut short: it was never flushed, so nothing was signed under it.
      if (!first && !second && slots.includes("broken"))
        throw new UnavailableError("SIGNED_RECORD_CORRUPT", `${file} does not say what this key signed last`, {
          hint: "do not vote with this key again until every block that it may have voted for is final",
        });
      const newest = !first || (second && second.serial > first.serial) ? second : first;
      return new SignedFile(file, both, newest ?? null);
    });
  }

  get record(): SignedRecord | null {
    return this.#newest?.record ?? null;
  }

  /**
   * Writes a record down; on return it survives a power cut.
   * @throws UnavailableError SIGNED_RECORD_UNAVAILABLE: then for good, since a second flush would answer for the first
   */
  write(record: SignedRecord): void {
    if (this.#failure !== null) throw this.#failure;
    const serial = (this.#newest?.serial ?? 0n) + 1n;
    const body = signedRecord.encode(record);
    const head = new Uint8Array(10);
    const view = new DataView(head.buffer);
    view.setBigUint64(0, serial);
    view.setUint16(8, body.length);
    const content = concat(head, body);
    const slot = new Uint8Array(SLOT_BYTES);
    slot.set(concat(sha3(content), content));
    try {
      guarded(this.file, () => {
        writeSync(this.handle, slot, 0, SLOT_BYTES, Number(serial % 2n) * SLOT_BYTES);
        fdatasyncSync(this.handle);
      });
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#newest = {serial, record};
  }

  close(): void {
    closeSync(this.handle);
  }
}

function readSlot(handle: number, at: number): Slot | "empty" | "broken" {
  const slot = plain(Buffer.alloc(SLOT_BYTES));
  if (readSync(handle, slot, 0, SLOT_BYTES, at * SLOT_BYTES) < SLOT_BYTES) return "empty";
  if (slot.every((byte) => byte === 0)) return "empty";
  const view = new DataView(slot.buffer, slot.byteOffset, SLOT_BYTES);
  const end = HEAD_BYTES + view.getUint16(DIGEST_BYTES + 8);
  if (end > SLOT_BYTES) return "broken";
  if (compareBytes(sha3(slot.slice(DIGEST_BYTES, end)), slot.slice(0, DIGEST_BYTES)) !== 0) return "broken";
  try {
    return {serial: view.getBigUint64(DIGEST_BYTES), record: signedRecord.decode(slot.slice(HEAD_BYTES, end))};
  } catch (error) {
    if (error instanceof DecodeError) return "broken";
    throw error;
  }
}

function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw new UnavailableError("SIGNED_RECORD_UNAVAILABLE", `cannot write ${file}`, {
      hint: "free space or repair the disk: without this record a restart could sign two blocks of one view",
      cause,
    });
  }
}
