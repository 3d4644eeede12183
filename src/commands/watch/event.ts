/**
 * What `qsdm watch` tells: members under the reference's names and in its order, those that say nothing left out.
 */
import type {Io} from "../io.js";

/** One event. `ts` is RFC 3339 in UTC. Amounts and heights are bigint. */
export interface WatchEvent {
  readonly ts: string;
  readonly event: string;
  readonly [member: string]: unknown;
}

type Members = Readonly<Record<string, unknown>>;

const EMPTY: ReadonlySet<unknown> = new Set([null, undefined, "", 0n, 0, false]);

/** An event of `kind` with those of `members` that say something. */
export const watchEvent = (kind: string, ts: string, members: Members): WatchEvent => ({
  ts,
  event: kind,
  ...Object.fromEntries(Object.entries(members).filter(([, value]) => !EMPTY.has(value))),
});

/** A time in milliseconds as events show it. */
export const timeText = (ms: number | bigint): string => new Date(Number(ms)).toISOString();

/** Prints an event: JSON on one line, or time, kind and named fields apart by tabs. */
export function printEvent(io: Io, {ts, event, ...members}: WatchEvent): void {
  const fields = Object.entries(members).map(([name, value]) => `${name}=${value}`);
  io.event({ts, event, ...members}, [[ts, event, ...fields]]);
}
