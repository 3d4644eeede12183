/**
 * Signed action of QSDM's tasks.
 *
 * J-html JSON, members in the order below; what is empty is left out. The signature is over the same JSON with an empty
 * signature and no key. QSDM checks it at its HTTP door only (defect D13).
 * Source: mining protocol, section 25.10. Vectors: test/commands/qsdmcli.vectors.json.
 */
import {utf8} from "../bytes.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goFloat64, goText, goUint64} from "../go/types.js";
import {actionCodec} from "./actions.js";

const taskActionWire = goStruct("tasks.SignedAction", {
  id: member("id", goText()),
  sender: member("sender", goText()),
  taskId: member("task_id", goText()),
  /** For example `claim` or `stake`. */
  action: member("action", goText()),
  /** In CELL. */
  amount: optional("amount", goFloat64),
  payload: optional("payload", goText()),
  nonce: optional("nonce", goUint64),
  /** RFC 3339. */
  timestamp: member("timestamp", goText()),
  /** Lowercase hex of an ML-DSA-87 signature. */
  signature: member("signature", goText()),
  /** Lowercase hex of an ML-DSA-87 key. */
  publicKey: optional("public_key", goText()),
});
export type TaskAction = GoValue<typeof taskActionWire>;

/** @throws DecodeError ACTION_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const taskAction = actionCodec("task action", taskActionWire);

/** Bytes under the signature. @throws DecodeError FLOAT_UNSUPPORTED, FIELD_INVALID */
export const taskSigningBytes = (action: TaskAction): Uint8Array =>
  utf8(taskActionWire.write({...action, signature: "", publicKey: ""}, "html"));
