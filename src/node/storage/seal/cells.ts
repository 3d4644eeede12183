/**
 * Values of rows on their way to disk. A sealed one opens only in its place: the associated data names table, column, key
 * of the row and the version of this form, so that no value can be put where another was.
 */
import {createHmac, hkdfSync} from "node:crypto";
import {concat, plain, textOf, utf8} from "../../../codecs/bytes.js";
import {UnavailableError} from "../../../errors.js";
import {createXaes, XAES_OVERHEAD_BYTES} from "./xaes.js";

/** Columns that hold values; what a store looks rows up by stands beside them in clear. */
export type Column =
  | "block.header"
  | "block.certificate"
  | "block.body"
  | "state.value"
  | "receipt.value"
  | "slash_receipt.value"
  | "event.body"
  | "waiting.value"
  | "uncommitted.value"
  | "epoch.value"
  | "kept_batch.value"
  | "dictionary.value"
  | "meta.value";

/** A row's own key: names and ids in hex as they are, numbers for heights and the like. */
export type RowKey = readonly (string | bigint)[];

export interface Cells {
  /** Which key it is, 16 bytes; null where values lie in clear. */
  readonly keyId: Uint8Array | null;
  /** What a cell takes beside its value. */
  readonly overheadBytes: number;
  seal(column: Column, key: RowKey, value: Uint8Array): Uint8Array;
  /** @throws UnavailableError ROW_ALTERED */
  open(column: Column, key: RowKey, cell: Uint8Array): Uint8Array;
  /** What a state row is looked up by, and its cell: its name can be readable, so it is sealed too. */
  sealState(store: string, key: string, value: Uint8Array): Uint8Array;
  stateName(store: string, key: string): string;
  /** @throws UnavailableError ROW_ALTERED */
  openState(store: string, name: string, cell: Uint8Array): {readonly key: string; readonly value: Uint8Array};
}

/** Values as they are. */
export const CLEAR: Cells = {
  keyId: null,
  overheadBytes: 0,
  seal: (_column, _key, value) => value,
  open: (_column, _key, cell) => plain(cell),
  sealState: (_store, _key, value) => value,
  stateName: (_store, key) => key,
  openState: (_store, name, cell) => ({key: name, value: plain(cell)}),
};

/** Raised with a step of the schema that gives the bytes in a sealed column another meaning. */
const FORM = "qsdm/store/cell/1";

/** Values under a key of 32 bytes. */
export function sealedCells(keyId: Uint8Array, dataKey: Uint8Array): Cells {
  const derived = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", dataKey, keyId, `qsdm/store/${use}/1`, 32));
  const xaes = createXaes(derived("cells"));
  const nameKey = derived("names");
  const open: Cells["open"] = (column, key, cell) => {
    const value = xaes.open(cell, placeOf(column, key));
    if (value === null)
      throw new UnavailableError("ROW_ALTERED", `${column} of row ${key.join(" ")} is not what was written there`, {
        hint: "the file was changed or the disk failed: restore the data directory from a copy, or sync it anew",
      });
    return value;
  };
  const seal: Cells["seal"] = (column, key, value) => xaes.seal(value, placeOf(column, key));
  const stateName: Cells["stateName"] = (store, key) =>
    createHmac("sha256", nameKey).update(`${store}\0${key}`).digest("hex");
  return {
    keyId,
    overheadBytes: XAES_OVERHEAD_BYTES,
    seal,
    open,
    stateName,
    sealState(store, key, value) {
      const name = utf8(key);
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, name.length);
      return seal("state.value", [store, stateName(store, key)], concat(head, name, value));
    },
    openState(store, name, cell) {
      const row = open("state.value", [store, name], cell);
      const end = 4 + new DataView(row.buffer).getUint32(0);
      return {key: textOf(row.subarray(4, end)), value: row.slice(end)};
    },
  };
}

/** No two rows have the same: a column always has as many parts, and none of them contains NUL. */
const placeOf = (column: Column, key: RowKey): Uint8Array => utf8(`${FORM}\0${column}\0${key.join("\0")}`);
