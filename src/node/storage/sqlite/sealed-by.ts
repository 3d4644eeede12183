/** Whether the values in a file are sealed, and under which key: all of them or none, from its first row on. */
import {equalBytes, utf8} from "../../../codecs/bytes.js";
import {STORE_KEY_ID_BYTES} from "../../../codecs/store-key.js";
import {UnavailableError} from "../../../errors.js";
import type {Cells} from "../seal/cells.js";
import type {Sqlite} from "./driver.js";

/** Row of `meta` with the id of the key, and something that opens with it. */
const SEALED_BY = "sealed_by";
const PROOF = utf8("qsdm/store");

/**
 * Holds `cells` to what the file was begun with, and notes it in an empty one.
 * @throws UnavailableError STORE_KEY_MISSING, STORE_KEY_MISMATCH, STORE_NOT_ENCRYPTED, ROW_ALTERED
 */
export function checkSealedBy(db: Sqlite, path: string, cells: Cells): void {
  const mark = db.prepare("SELECT value FROM meta WHERE name = ?").pluck().get(SEALED_BY) as Buffer | undefined;
  if (cells.keyId === null) {
    if (mark)
      throw new UnavailableError("STORE_KEY_MISSING", `${path} is encrypted, and chain.key is not beside it`, {
        hint: "restore chain.key from a copy of the data directory: nothing else opens the store",
      });
    return;
  }
  if (mark) {
    if (!equalBytes(mark.subarray(0, STORE_KEY_ID_BYTES), cells.keyId))
      throw new UnavailableError("STORE_KEY_MISMATCH", `chain.key is not the key of ${path}`, {
        hint: "put the chain.key back that lay beside this database",
      });
    cells.open("meta.value", [SEALED_BY], mark.subarray(STORE_KEY_ID_BYTES));
    return;
  }
  if (db.prepare("SELECT 1 FROM block UNION ALL SELECT 1 FROM meta UNION ALL SELECT 1 FROM waiting").get())
    throw new UnavailableError("STORE_NOT_ENCRYPTED", `${path} is not encrypted, and a key lies beside it`, {
      hint: "qsdm store export and import bring its blocks into a directory of qsdm node init --encrypt",
    });
  const value = Buffer.concat([cells.keyId, cells.seal("meta.value", [SEALED_BY], PROOF)]);
  db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)").run(SEALED_BY, value);
}
