/** What a custodian answers coordinators about queries that it watches. */
import {custodianMethods} from "../../codecs/quorum/strict/calls.js";
import type {StrictCustodian} from "../quorum/strict/custodian.js";
import {lastQueries, learnQuery} from "../quorum/strict/queries.js";

type Handler = (body: Uint8Array) => Uint8Array;

export function queryHandlers(
  custodian: StrictCustodian,
  nowMs: () => number,
): Readonly<Record<"queries" | "query" | "learn", Handler>> {
  const {queries, query, learn} = custodianMethods;
  return {
    queries: (body) => queries.answer.encode({tickets: lastQueries(custodian, queries.ask.decode(body))}),
    query: (body) => {
      const known = custodian.ports.store.query(query.ask.decode(body).ticket);
      return query.answer.encode({ticket: known?.signed ?? null});
    },
    learn: (body) => {
      learnQuery(custodian, learn.ask.decode(body).ticket, nowMs());
      return learn.answer.encode({});
    },
  };
}
