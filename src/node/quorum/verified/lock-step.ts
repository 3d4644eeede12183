/** Protocols of all custodians in one process, round by round, with what they send counted. */
import type {Incoming, Outgoing, Protocol} from "./protocol.js";

export interface Traffic {
  readonly rounds: number;
  /** Sent by all custodians to others. */
  readonly bytes: number;
}

/** What becomes of a message on its way, also to its sender; `null` is silence. Tests put cheats here. */
export type Wire = (
  message: Uint8Array,
  way: {readonly round: number; readonly from: number; readonly to: number},
) => Uint8Array | null;

const HONEST: Wire = (message) => message;

/**
 * Runs one protocol for each custodian to the end.
 * @param wire what happens to messages
 * @throws what the first custodian throws
 */
export function runInLockStep<T>(
  protocols: readonly Protocol<T>[],
  wire: Wire = HONEST,
): {readonly results: readonly T[]; readonly traffic: Traffic} {
  let steps = protocols.map((protocol) => protocol.next());
  let [rounds, bytes] = [0, 0];
  while (steps.some(({done}) => !done)) {
    const round = rounds++;
    const sent = steps.map(({value, done}) => (done ? null : (value as Outgoing)));
    steps = steps.map((step, to) => {
      if (step.done) return step;
      const incoming: Incoming = sent.map((outgoing, from) => {
        const message = outgoing?.[to] ?? null;
        if (message === null) return null;
        if (from !== to) bytes += message.length;
        return wire(message, {round, from, to});
      });
      return protocols[to]!.next(incoming);
    });
  }
  return {results: steps.map(({value}) => value as T), traffic: {rounds, bytes}};
}
