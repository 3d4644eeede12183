/** What the commands that act on a stream share: the action, and the order that carries it. */

import {hexOf} from "../../codecs/bytes.js";
import {STREAM_CONTRACT, STREAM_NAME_MAX, type StreamVerb} from "../../codecs/chain/stream.js";
import {type StreamAction, streamAction} from "../../codecs/envelopes/actions.js";
import {UsageError} from "../../errors.js";
import type {Host} from "../host.js";
import type {Order} from "../submit.js";

/** What an action leaves out. */
export const EMPTY_ACTION = {
  provider: "",
  serviceId: "",
  deviceIdHash: "",
  sessionPublicKey: "",
  priceDust: 0n,
  pricePeriodSeconds: 0n,
  budgetDust: 0n,
  maxActiveSeconds: 0n,
  expiresAt: "",
  receipt: null,
  // The envelope has it.
  nonce: 0n,
};

/** An action of `sender`, now. */
export const actionOf = (
  host: Pick<Host, "now" | "randomBytes">,
  given: {readonly sender: string; readonly streamId: string; readonly action: StreamVerb} & Partial<StreamAction>,
): StreamAction => ({
  ...EMPTY_ACTION,
  id: `${given.action}-${hexOf(host.randomBytes(16))}`,
  timestamp: new Date(host.now()).toISOString(),
  ...given,
});

/** What is told of an order. */
export interface Told {
  readonly summary: Readonly<Record<string, unknown>>;
  readonly announcement: readonly string[];
  readonly question?: string;
}

export const streamOrder = (action: StreamAction, {summary, announcement, question}: Told): Order => ({
  contract: STREAM_CONTRACT,
  payload: streamAction.encode(action),
  summary: {stream_id: action.streamId, action: action.action, ...summary},
  announcement,
  question: question ?? null,
  submit: (node, body) => node.submit({body}),
  checkWith: `qsdm stream show ${action.streamId}`,
});

/** Id of a stream or a service, or the digest of a device, as somebody typed it. @throws UsageError FLAG_INVALID */
export function streamNameFlag(text: string): string {
  if (/^[A-Za-z0-9._:-]+$/.test(text) && text.length <= STREAM_NAME_MAX) return text;
  throw new UsageError(
    "FLAG_INVALID",
    `"${text}" is not a name of at most ${STREAM_NAME_MAX} letters, digits and . _ : -`,
  );
}
