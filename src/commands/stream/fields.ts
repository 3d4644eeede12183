/** A stream as one line of text. */
import {formatCell} from "../../codecs/amount.js";
import type {StreamView} from "../../codecs/api/streams.js";
import type {TextField} from "../output.js";

export const streamFields = (stream: StreamView): TextField[] => [
  stream.streamId,
  stream.status,
  stream.payer,
  stream.provider,
  stream.serviceId,
  formatCell(stream.budgetDust),
  formatCell(stream.accruedDust),
  formatCell(stream.settledDust),
  stream.cumulativeActiveSeconds,
  stream.lastReceiptSequence,
];

export const FIELDS_TEXT =
  "id, state (active, paused or closed), payer, provider, service, budget, what its use came to so far, and what of that " +
  "was paid, in CELL, then the seconds of use and the number of the last receipt";
