/** What `qsdm mine` shows: a panel for who watches, plain lines for a log, an event per line for programs. */
import {wireNameOf} from "../../codecs/api/shape.js";
import type {EnrollmentChange} from "../../node/mining/enrollment-watch.js";
import type {GpuReading} from "../../node/mining/gpu-probe.js";
import type {MinerEvent} from "../../node/mining/ports.js";
import type {Tally} from "../../node/mining/tally.js";
import type {Io} from "../io.js";
import {panelLines} from "./panel.js";
import {formatHashrate, formatRejections, formatSpan, statsDocument} from "./stats-document.js";

/** Time between two samples of the rates, and two redraws of the panel. */
const TICK_MS = 500;
/** Time between two `stats` events under --json. */
const STATS_MS = 10_000;
/** Time between two lines of figures in a log. */
const LOG_MS = 60_000;

/** What happens in the command around the miner. */
export type MineEvent =
  | MinerEvent
  | ({readonly type: "enrollment"} & EnrollmentChange)
  /** Under --idle-only: somebody uses the machine, or nobody does any more. */
  | {readonly type: "paused"}
  | {readonly type: "resumed"};

export interface MineViewPorts {
  readonly tally: Tally;
  gpus(): readonly GpuReading[];
}

/** Shows events and, in between, statistics, until `close`. */
export interface MineView {
  told(event: MineEvent): void;
  close(): void;
}

/** The view that the flags ask for. */
export const createMineView = (io: Io, ports: MineViewPorts): MineView =>
  io.flags.json ? jsonView(io, ports) : textView(io, ports);

function jsonView(io: Io, {tally, gpus}: MineViewPorts): MineView {
  const figures = (): Readonly<Record<string, unknown>> => statsDocument(tally.stats(), gpus());
  // Sampled as often as a panel would, so that a window has the same meaning in both.
  const sampling = setInterval(() => tally.sample(), TICK_MS);
  const reporting = setInterval(() => io.event({event: "stats", ...figures()}, ""), STATS_MS);
  return {
    told: ({type, ...fields}) => io.event({event: type, ...eventFields(fields)}, ""),
    close() {
      clearInterval(sampling);
      clearInterval(reporting);
      tally.sample();
      io.event({event: "stopped", ...figures()}, "");
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

function textView(io: Io, {tally, gpus}: MineViewPorts): MineView {
  const progress = io.progress("asking the node for work");
  let last: {text: string; atMs: number} | null = null;
  let busyWith: string | null = "asking the node for work";
  let waiting = "";
  const draw = (): void => {
    tally.sample();
    const state = {gpus: gpus(), last, busyWith, nowMs: io.host.now()};
    // Two columns for the spinner before the first line.
    progress.tick(panelLines(tally.stats(), state, (io.host.screen.columns ?? 80) - 2).join("\n"));
  };
  const drawing = setInterval(draw, TICK_MS);
  const logging = setInterval(() => progress.log(logLine(tally)), LOG_MS);
  const happened = (text: string): void => {
    last = {text, atMs: io.host.now()};
  };
  const warned = (text: string): void => {
    happened(text);
    progress.above(() => io.warn(text));
  };
  return {
    told(event) {
      if (event.type !== "waiting") waiting = "";
      switch (event.type) {
        case "work":
          busyWith = null;
          break;
        case "table": {
          const done = event.doneEntries === event.entries;
          // The next epoch's is built while this one is mined.
          if (event.epoch === tally.stats().epoch) busyWith = done ? null : tableLine(event);
          else if (done) happened(`table of epoch ${event.epoch} ready`);
          break;
        }
        case "walks":
          progress.log(`table of epoch ${event.epoch}: ${walksLine(event)}`);
          break;
        case "accepted":
          happened(`accepted at height ${event.height}`);
          progress.above(() => io.event({event: event.type}, [[event.height, event.proofId]]));
          break;
        case "rejected":
          warned(`proof refused: ${event.reason}: ${event.detail}`);
          break;
        case "lost":
          warned(`the proof for height ${event.height} was not taken in time: ${event.error.message}`);
          break;
        case "skipped":
          progress.above(() => io.detail(`height ${event.height} was signed for before`));
          break;
        case "source":
          if (event.state === "used") progress.log(`mining for ${event.source}`);
          else
            warned(
              `${event.source} ${event.state === "lost" ? "does not answer" : "is left out"}: ${event.error?.message}`,
            );
          break;
        case "enrollment":
          if (event.severity === "info") progress.log(`node ${event.nodeId} is ${event.phase}`);
          else warned(`node ${event.nodeId} went from ${event.prevPhase} to ${event.phase}`);
          break;
        case "paused":
          busyWith = "paused: the GPU is in use";
          progress.log(busyWith);
          break;
        case "resumed":
          busyWith = null;
          progress.log("going on: the GPU is idle");
          break;
        case "waiting":
          // Once for each reason, not once for each try.
          if (event.error.message === waiting) break;
          waiting = event.error.message;
          busyWith = `waiting: ${waiting}`;
          progress.log(busyWith);
      }
    },
    close() {
      clearInterval(drawing);
      clearInterval(logging);
      tally.sample();
      const {acceptedProofs, rejectedByReason, attempts, hashrate60sHps} = tally.stats();
      const refused = formatRejections(rejectedByReason);
      progress.done(
        `accepted ${acceptedProofs}, refused ${refused}, ${attempts} attempts, ${formatHashrate(hashrate60sHps)}`,
      );
    },
  };
}

function tableLine({epoch, doneEntries, entries, etaSeconds}: Extract<MineEvent, {type: "table"}>): string {
  const percent = Math.floor((doneEntries * 100) / entries);
  const rest = etaSeconds === null ? "" : `, ${formatSpan(etaSeconds)} to go`;
  return `building the table of epoch ${epoch}: ${percent} %${rest}`;
}

function walksLine({memory, largeShare}: Extract<MineEvent, {type: "walks"}>): string {
  if (memory === "copied") return "copied into this process's memory";
  return `its file is mapped, ${Math.round((largeShare ?? 0) * 100)} % in large pages`;
}

function logLine(tally: Tally): string {
  const {height, hashrate60sHps, acceptedProofs, rejectedByReason} = tally.stats();
  const proofs = `accepted ${acceptedProofs}, refused ${formatRejections(rejectedByReason)}`;
  return `height ${height ?? "-"}, ${formatHashrate(hashrate60sHps)}, ${proofs}`;
}
