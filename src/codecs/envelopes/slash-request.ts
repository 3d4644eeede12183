/**
 * A slash as QSDM's client posts it: without a signature, members in alphabetical order, J-html JSON.
 *
 * A node reads the same members in any order, see submission.ts.
 * Source: mining protocol, section 25.5. Vectors: test/commands/qsdmcli.vectors.json.
 */
import {utf8} from "../bytes.js";
import {goStruct, member} from "../go/struct.js";
import {goFloat64, goText, goUint64} from "../go/types.js";
import type {SlashSubmission} from "./submission.js";

const requestWire = goStruct("map[string]any", {
  contractId: member("contract_id", goText()),
  fee: member("fee", goFloat64),
  id: member("id", goText()),
  nonce: member("nonce", goUint64),
  payloadBase64: member("payload_b64", goText()),
  sender: member("sender", goText()),
});

/** Body of the request. @throws DecodeError FIELD_INVALID */
export const encodeSlashRequest = (request: Omit<SlashSubmission, "gasLimit">): Uint8Array =>
  utf8(requestWire.write(request, "html"));
