/** What `qsdm mine` shows: a live line for people, an event per line for programs. */
import {wireNameOf} from "../codecs/api/shape.js";
import type {Miner} from "../node/mining/miner.js";
import type {MinerEvent, MinerStats} from "../node/mining/ports.js";
import type {Io} from "./io.js";

/** Time between two redraws of the live line. */
const TICK_MS = 500;
/** Time between two `stats` events under --json. */
const STATS_MS = 10_000;

const UNITS = ["H/s", "kH/s", "MH/s", "GH/s"] as const;

/** A rate as people read it: `950 H/s`, `12.3 kH/s`. */
export function formatHashrate(hps: number): string {
  let unit = 0;
  let value = hps;
  for (; value >= 1_000 && unit < UNITS.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

const rounded = (hps: number): number => Math.round(hps * 100) / 100;

/** Statistics under their public names. */
export const statsDocument = (stats: MinerStats): Readonly<Record<string, unknown>> => ({
  height: stats.height,
  hashrate_10s_hps: rounded(stats.hashrate10sHps),
  hashrate_60s_hps: rounded(stats.hashrate60sHps),
  attempts: stats.attempts,
  accepted_proofs: stats.acceptedProofs,
  rejected_proofs: stats.rejectedProofs,
  uptime_seconds: Math.round(stats.uptimeSeconds),
  threads: stats.threads,
});

const liveLine = (stats: MinerStats): string =>
  `height ${stats.height ?? "-"}  ${formatHashrate(stats.hashrate10sHps)}  ` +
  `accepted ${stats.acceptedProofs}  rejected ${stats.rejectedProofs}  ${stats.threads} threads`;

/** Shows events and, in between, statistics, until `close`. */
export interface MineView {
  told(event: MinerEvent): void;
  close(stats: MinerStats): void;
}

/** The view that the flags ask for. */
export const createMineView = (io: Io, miner: () => Miner): MineView =>
  io.flags.json ? jsonView(io, miner) : textView(io, miner);

function jsonView(io: Io, miner: () => Miner): MineView {
  const stats = (): void => io.event({event: "stats", ...statsDocument(miner().stats())}, "");
  // Sampled as often as the live line would, so that a window has the same meaning in both.
  const sampling = setInterval(() => void miner().stats(), TICK_MS);
  const reporting = setInterval(stats, STATS_MS);
  return {
    told: ({type, ...fields}) => io.event({event: type, ...eventFields(fields)}, ""),
    close(last) {
      clearInterval(sampling);
      clearInterval(reporting);
      io.event({event: "stopped", ...statsDocument(last)}, "");
    },
  };
}

/** Members in snake case; an error as its code and message. */
function eventFields(fields: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields).flatMap(([name, value]) =>
    value instanceof Error
      ? ([
          ["code", (value as Error & {code?: string}).code],
          ["message", value.message],
        ] as const)
      : [[wireNameOf(name), value] as const],
  );
  return Object.fromEntries(entries);
}

function textView(io: Io, miner: () => Miner): MineView {
  const progress = io.progress("asking the node for work");
  let waiting = "";
  let building = false;
  const ticking = setInterval(() => {
    if (!building && waiting === "") progress.tick(liveLine(miner().stats()));
  }, TICK_MS);
  return {
    told(event) {
      if (event.type !== "waiting") waiting = "";
      building = event.type === "table" && event.doneEntries < event.entries;
      if (event.type === "accepted") io.event({event: event.type}, [[event.height, event.proofId]]);
      else if (event.type === "rejected") io.warn(`proof refused: ${event.reason}: ${event.detail}`);
      else if (event.type === "table")
        progress.tick(`building the table of epoch ${event.epoch}: ${percent(event.doneEntries, event.entries)}`);
      else if (event.type === "skipped") io.detail(`height ${event.height} was signed for before`);
      else if (event.type === "waiting" && event.error.message !== waiting) {
        // Once for each reason, not once for each try.
        waiting = event.error.message;
        progress.step(`waiting for the node: ${waiting}`);
      }
    },
    close(stats) {
      clearInterval(ticking);
      const rate = formatHashrate(stats.hashrate60sHps);
      progress.done(
        `accepted ${stats.acceptedProofs}, refused ${stats.rejectedProofs}, ${stats.attempts} attempts, ${rate}`,
      );
    },
  };
}

const percent = (done: number, all: number): string => `${Math.floor((done * 100) / all)} %`;
