/** Addresses that nodes tell each other: hints, each proved by nothing but a session that comes about there. */
import {type FieldValue, list, record, text} from "../cbor/record.js";

/** Most that one answer holds. Source: bft-ledger 10.3. */
export const PEER_LIST_MAX = 16;

export const peerList = record("qsdm/peers/v1", {
  /** `PEERID@HOST:PORT`. */
  addresses: list(text({minBytes: 67, maxBytes: 330}), PEER_LIST_MAX),
});
export type PeerList = FieldValue<typeof peerList>;
