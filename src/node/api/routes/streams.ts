/** CELL streams: reading them, and QSDM's signed actions. */
import {type StreamState, streamAccepted, streamAnswer, streamPage} from "../../../codecs/api/streams.js";
import {STREAM_STATUSES} from "../../../codecs/chain/stream.js";
import {ACTION_MAX_BYTES, streamSubmission} from "../../../codecs/envelopes/actions.js";
import {RuleError} from "../../../errors.js";
import {addressKind, inPath, limitKind, mayQuery, streamNameKind, wordKind} from "../param.js";
import type {LedgerView} from "../ports.js";
import {json, route} from "../route.js";
import {actionNonceRoute, ORIGIN} from "./action-nonce.js";
import {streamPayer} from "./payer.js";

const PAGE_MAX = 500;
/** Who asks for the streams of an account that has few goes through all the others, and leaves others a turn in between. */
const LOOK_AT_MOST = 10_000;

/** A stream as the reference shows it. */
const viewOf = (stream: StreamState) => ({
  ...stream,
  remainingBudgetDust: stream.budgetDust - stream.accruedDust,
  unsettledDust: stream.accruedDust - stream.settledDust,
});

const originOf = ({head}: LedgerView) => ({...ORIGIN, stateRoot: head.stateRoot});

export const streamsRoute = route({
  method: "GET",
  path: "/api/v1/streams",
  summary: "a page of streams in byte order of stream id; one that looks at many and finds few may be short, or empty",
  auth: "public",
  errors: "status",
  cost: 2,
  params: {
    payer: mayQuery(addressKind, "streams that this account pays"),
    provider: mayQuery(addressKind, "streams that pay this account"),
    status: mayQuery(wordKind(...STREAM_STATUSES), "streams in this state only"),
    serviceId: mayQuery(streamNameKind, "streams of this service only"),
    cursor: mayQuery(streamNameKind, "stream id to start after; it need not exist"),
    limit: mayQuery(limitKind, `streams in a page, ${PAGE_MAX} when left out or 0, and at most`),
  },
  body: null,
  reply: json(streamPage),
  handle({limit, ...query}, {node}) {
    const view = node.view();
    const page = view.streams({...query, limit: Math.min(limit || PAGE_MAX, PAGE_MAX), lookAtMost: LOOK_AT_MOST});
    return {...originOf(view), streams: page.streams.map(viewOf), nextCursor: page.nextCursor ?? ""};
  },
});

export const streamRoute = route({
  method: "GET",
  path: "/api/v1/streams/{id}",
  summary: "one stream",
  auth: "public",
  errors: "status",
  cost: 0.1,
  params: {id: inPath(streamNameKind, "the stream's id")},
  body: null,
  reply: json(streamAnswer),
  handle({id}, {node}) {
    const view = node.view();
    const stream = view.stream(id);
    if (stream) return {...originOf(view), stream: viewOf(stream)};
    throw new RuleError("STREAM_NOT_FOUND", `there is no stream ${id}`);
  },
});

export const streamNonceRoute = actionNonceRoute(
  "/api/v1/streams/nonce",
  "which nonce an account's next action must carry",
);

export const submitStreamActionRoute = route({
  method: "POST",
  path: "/api/v1/streams/actions/submit-signed",
  summary: "take a stream action that QSDM's wallets signed, on a compat chain",
  auth: "public",
  errors: "status",
  cost: 3,
  params: {},
  body: {
    contentType: "application/json",
    maxBytes: ACTION_MAX_BYTES,
    description: "a stream action with its signature and key, as qsdm wallet sign-stream-action prints it",
  },
  locked: true,
  payer: streamPayer,
  reply: json(streamAccepted),
  async handle({body}, {node}) {
    await node.submitCompat("stream", body);
    const {id: actionId, streamId, action, sender} = streamSubmission.readCompat(body).action;
    return {actionId, streamId, action, sender, status: "accepted" as const, mempoolStatus: "submitted" as const};
  },
});
