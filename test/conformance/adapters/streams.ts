/** CELL streams on a ledger under compatible rules. */
import {U64_MAX} from "../../../src/codecs/amount.js";
import {streamState} from "../../../src/codecs/api/streams.js";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {STREAM_CONTRACT} from "../../../src/codecs/chain/stream.js";
import {sha256} from "../../../src/codecs/hash.js";
import {QsdmError} from "../../../src/errors.js";
import {credit} from "../../../src/node/ledger/monetary/supply.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {streams} from "../../../src/node/ledger/state/stores.js";
import {chargeOf} from "../../../src/node/ledger/streams/apply.js";
import {streamContract} from "../../../src/node/ledger/streams/contract.js";
import {type Adapters, byKind, type Input, type Json, type Output} from "../case.js";
import {ancestorParams, callOf, checkRecorded} from "./ancestor-ledger.js";

const PARAMS = ancestorParams();

const CLASSES: Readonly<Record<string, string>> = {
  STREAM_NOTHING_DUE: "nothing_to_settle",
  STREAM_RECEIPT_SIGNATURE: "bad_session_signature",
  STREAM_NOT_ACTIVE: "not_active",
  STREAM_NOT_PAUSED: "not_paused",
  STREAM_CLOSED: "closed",
  STREAM_WRONG_PARTY: "wrong_party",
  STREAM_WALL_TIME: "wall_time",
  STREAM_RECEIPT_REPLAYED: "replay",
};

/** Who is paid how much, as the file writes it. */
const paid = (address = "", dust = 0n) => ({address, dust: `${dust}`});

function outcomeOf(state: State, action: Input): {readonly [name: string]: Json} {
  const sender = action.text("sender");
  credit(state, sender, action.has("budget_dust") ? action.big("budget_dust") : 0n);
  const payload = utf8(JSON.stringify(action.json));
  const tx = {id: action.text("id"), sender, nonce: 0n, fee: 0, contractId: STREAM_CONTRACT, payload};
  try {
    const [event] = streamContract.apply(callOf(state, {params: PARAMS, height: 1n}, tx)).events;
    const {payer, provider} = state.get(streams, action.text("stream_id"))!;
    const effect = {ok: true, error: null, provider_credit: paid(), payer_refund: paid()};
    if (event?.type !== "stream-stepped") return effect;
    if (event.action === "close") effect.payer_refund = paid(payer, event.toPayerDust);
    if (event.action === "close" || event.action === "settle")
      effect.provider_credit = paid(provider, event.toProviderDust);
    return effect;
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return {ok: false, error: CLASSES[error.code] ?? error.code, provider_credit: paid(), payer_refund: paid()};
  }
}

function streamSequence(input: Input): Output {
  const state = new State().fork();
  const applied: string[] = [];
  for (const op of input.objects("ops")) {
    const action = op.object("action");
    const outcome = outcomeOf(state, action);
    checkRecorded(op, outcome);
    if (outcome.ok === true) applied.push(action.text("id"));
  }
  const written = [...state.keys(streams)].map(
    (streamId) => streamState.write({streamId, ...state.get(streams, streamId)!})!,
  );
  // The reference commits to the ids of actions as well; here a spent nonce says that one has been.
  const lines = [...written, ...applied.sort().map((id) => `action:${id}`)].map((line) => `${line}\n`);
  return {root: hexOf(sha256(utf8(lines.join("")))), stream: JSON.parse(written[0]!) as Json};
}

function streamCharge(input: Input): Output {
  const pricePeriodSeconds = input.big("period_seconds");
  const dust = chargeOf(input.big("active_seconds"), {priceDust: input.big("price_dust"), pricePeriodSeconds});
  // A charge that no budget could hold is an overflow there; here no budget holds it.
  return dust > U64_MAX ? {ok: false, charge_dust: "0"} : {ok: true, charge_dust: `${dust}`};
}

export const streamAdapters: Adapters = {
  "task registry economics, CELL streams, pooled settlement split": byKind({
    stream_sequence: streamSequence,
    stream_charge: streamCharge,
  }),
};
