/**
 * Which earlier queries of a client a new one is compared with: all that any participant would not go without. Who was away is
 * handed the tickets of what it missed. Custodians check for themselves that nothing they know of is left out.
 */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {digestOf} from "../../codecs/quorum/strict/statement.js";
import {ticket} from "../../codecs/quorum/strict/statements.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import type {SignedTicket} from "../quorum/strict/store.js";
import type {Log} from "../service.js";
import type {CustodianCalls} from "./custodian-calls.js";

export interface QueriesOf {
  readonly programId: Uint8Array;
  readonly client: string;
  /** Ticket of the new one. */
  readonly besides: Uint8Array;
}

export interface Agreed {
  readonly participants: readonly number[];
  readonly earlier: readonly Uint8Array[];
}

/** Times that custodians are asked: what one learned may push something else out of what it would not go without. */
const PASSES = 3;

/** What one custodian holds, by hex of the ticket. */
interface Known {
  readonly place: number;
  /** The last ones, the newest last. */
  readonly last: readonly string[];
  has(query: string): boolean;
}

export class Queries {
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(private readonly ports: {readonly custodians: Pick<CustodianCalls, "all" | "call">; readonly log: Log}) {}

  /** After what went before for the same client and program: each is compared with the one before. */
  inTurn<T>({programId, client}: Omit<QueriesOf, "besides">, work: () => Promise<T>): Promise<T> {
    const key = `${hexOf(programId)} ${client}`;
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(key, over);
    void over.then(() => {
      if (this.#turns.get(key) === over) this.#turns.delete(key);
    });
    return turn;
  }

  /** As many of `among` as can be, with what they compare. */
  async agree(of: QueriesOf, among: readonly number[]): Promise<Agreed> {
    const taken = new Map<number, Set<string>>(among.map((place) => [place, new Set()]));
    const tickets = new Map<string, SignedTicket | null>();
    for (let pass = 1; ; pass++) {
      const known = await this.#known(of, taken);
      const behind = known.filter((each) => known.some(({last}) => last.some((query) => !each.has(query))));
      if (behind.length === 0 || pass === PASSES) return together(known);
      await Promise.all(behind.map((each) => this.#catchUp(each, {known, tickets, taken: taken.get(each.place)!})));
    }
  }

  async #known(of: QueriesOf, taken: ReadonlyMap<number, ReadonlySet<string>>): Promise<readonly Known[]> {
    const {answers} = await this.ports.custodians.all("queries", of, [...taken.keys()]);
    return answers.map(({place, answer}) => {
      const last = answer.tickets.map(hexOf);
      return {place, last, has: (query) => last.includes(query) || taken.get(place)!.has(query)};
    });
  }

  /** Hands a custodian what others know of and it does not, in their order. What it cannot take it goes without. */
  async #catchUp(
    {place, has}: Known,
    {
      known,
      tickets,
      taken,
    }: {
      readonly known: readonly Known[];
      readonly tickets: Map<string, SignedTicket | null>;
      readonly taken: Set<string>;
    },
  ): Promise<void> {
    const {custodians, log} = this.ports;
    for (const other of known)
      for (const query of other.last) {
        if (has(query)) continue;
        const whole = tickets.get(query) ?? (await this.#ticket(other.place, query));
        tickets.set(query, whole);
        if (!whole) continue;
        try {
          await custodians.call(place, "learn", {ticket: whole});
          taken.add(query);
        } catch (err) {
          if (!(err instanceof QsdmError)) throw err;
          log.debug({err, place}, "a custodian takes in no earlier query");
        }
      }
  }

  /** The ticket as `place` has it; `null` where it gives something else. */
  async #ticket(place: number, query: string): Promise<SignedTicket | null> {
    try {
      const {ticket: whole} = await this.ports.custodians.call(place, "query", {ticket: bytesOfHex(query)});
      return whole && equalBytes(digestOf(ticket, whole), bytesOfHex(query)) ? whole : null;
    } catch (error) {
      if (error instanceof QsdmError) return null;
      throw error;
    }
  }
}

/**
 * Those that hold all that any of them would not go without. Who is at odds with the most others is left out first: one alone
 * that says it knows of much keeps nobody else from evaluating.
 */
function together(known: readonly Known[]): Agreed {
  const odds = known.map((each) => known.filter((other) => lacks(each, other) || lacks(other, each)).length);
  const most = Math.max(0, ...odds);
  if (most > 0) return together(known.filter((_, at) => at !== odds.lastIndexOf(most)));
  const earlier = [...new Set(known.flatMap(({last}) => last))];
  return {
    participants: known.map(({place}) => place),
    earlier: earlier.map((query) => bytesOfHex(query)),
  };
}

const lacks = ({has}: Known, {last}: Known): boolean => last.some((query) => !has(query));

/** Too few custodians know of the same queries. */
export const queriesMissing = (present: number, needed: number): UnavailableError =>
  new UnavailableError(
    "QUERIES_MISSING",
    `only ${present}/${needed} custodians have all earlier queries of this client`,
    {
      hint: "wait for the others to be back; qsdm quorum reshare lets all of them begin anew",
    },
  );
