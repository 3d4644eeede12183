/** Tables that the addon has mapped. */
import {UnavailableError} from "../../../errors.js";
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {type MappedTable, TABLE_CHANGED, type TablePlace} from "../mapped-table.js";
import type {Addon, AddonTable} from "./addon.js";

export class NativeTable implements MappedTable {
  readonly entries: number;
  readonly place: TablePlace;
  /** The addon's own, which unmaps the file when it is collected. */
  readonly handle: AddonTable;

  /** @throws UnavailableError TABLE_UNMAPPED saying why it cannot be mapped */
  constructor(
    private readonly addon: Addon,
    {fd, offset, entries}: TablePlace,
  ) {
    const handle = addon.mapTable(fd, offset, entries * ENTRY_BYTES);
    if (typeof handle === "string")
      throw new UnavailableError("TABLE_UNMAPPED", `the table's file cannot be mapped: ${handle}`, {
        hint: "a copy in memory does as well: --table-memory copied",
      });
    this.handle = handle;
    this.entries = entries;
    this.place = {fd: addon.tableFile(handle), offset, entries};
  }

  entryAt(index: number): Uint8Array {
    const entry = new Uint8Array(ENTRY_BYTES);
    this.read(index * ENTRY_BYTES, entry);
    return entry;
  }

  read(at: number, into: Uint8Array): void {
    whole(() => this.addon.readTable(this.handle, at, into));
  }

  largeBytes(): number {
    return this.addon.tableLargeBytes(this.handle);
  }
}

/** What `call` gives. @throws UnavailableError TABLE_CHANGED in the place of the addon's refusal */
export function whole<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw (error as {code?: string}).code === "NATIVE_TABLE" ? tableChanged(error) : error;
  }
}

export const tableChanged = (cause: unknown): UnavailableError =>
  new UnavailableError(TABLE_CHANGED, "the table's file was changed or cut short while it was in use", {
    hint: "nothing but qsdm may write to its directory; the table is read or built again",
    cause,
  });
