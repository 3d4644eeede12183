/**
 * Ids of included transactions, where clients choose them: the first use of an id is the only one. Ids can be any
 * text, so the state knows them by digest.
 */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import type {State} from "./state.js";
import {txIds} from "./stores.js";

const keyOf = (id: string): string => hexOf(sha3(utf8("qsdm/txid/client\0"), utf8(id)));

/** Records that `id` names the included transaction `txId`. */
export const rememberId = (state: State, id: string, txId: string): void => state.put(txIds, keyOf(id), {txId});

/** Our id of the included transaction that its client named `id`, or `null`. */
export const transactionOfId = (state: State, id: string): string | null => state.get(txIds, keyOf(id))?.txId ?? null;
