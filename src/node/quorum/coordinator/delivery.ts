/** Triples from the coordinator, who deals them, to the custodians. */
import {members, type Value} from "../../../codecs/quorum/json.js";
import type {SharedTriple} from "../sharing/beaver.js";
import type {Holder} from "./store.js";

/** Triples on their way to the custodians. */
export interface TripleDelivery {
  readonly programId: string;
  readonly first: number;
  readonly holders: readonly Holder[];
  readonly triples: ReadonlyMap<string, readonly SharedTriple[]>;
}

/** Triples in one request. */
const PART_TRIPLES = 4_096;

/** Bodies that bring a delivery to the holder at place `at`, to be sent in order. */
export function* deliveryBodies({programId, first, holders, triples}: TripleDelivery, at: number): Generator<Value> {
  const {x} = holders[at]!;
  const point = (shares: SharedTriple["a"]): Value => [x, `${shares[at]!.y}`];
  const count = Math.max(...[...triples.values()].map((all) => all.length));
  const step = Math.max(1, Math.floor(PART_TRIPLES / triples.size));
  for (let start = 0; start < count; start += step) {
    const nodes = [...triples].map(([node, all]) => {
      const part = all.slice(start, start + step);
      return [node, part.map(({a, b, c}) => members({a: point(a), b: point(b), c: point(c)}))] as const;
    });
    yield members({program_id: programId, triple_shares: new Map(nodes), first_index: BigInt(first + start)});
  }
}
