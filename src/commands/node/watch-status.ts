/** A node's status over and over: drawn anew where a person looks, a line for each look elsewhere. */
import {setTimeout as sleep} from "node:timers/promises";
import type {BatchFigures, Status} from "../../codecs/api/status.js";
import {QsdmError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {documentOf} from "../document.js";
import {formatDuration} from "../flags.js";
import type {Io} from "../io.js";
import {statusFields} from "../status.js";

/** What one look found. */
type Look = {readonly status: Status} | {readonly error: QsdmError};

/**
 * Looks every `intervalMs` until it is interrupted. A node that is away is shown as such, and looked at again.
 * @param look a node's status once it is ready
 */
export async function watchStatus(
  io: Io,
  intervalMs: number,
  look: () => Promise<Awaited<ReturnType<Client["status"]>>>,
): Promise<void> {
  const show = io.host.terminal("stdout") && !io.flags.json ? drawn(io) : told(io);
  try {
    while (!io.signal.aborted) {
      const found = await taken(look);
      // Interrupted under a question: there is nothing left to show.
      if (io.signal.aborted) return;
      if ("bug" in found) throw found.bug;
      show.look(found);
      await sleep(intervalMs, undefined, {signal: io.signal}).catch(() => undefined);
    }
  } finally {
    show.end();
  }
}

async function taken(look: () => Promise<Status>): Promise<Look | {readonly bug: unknown}> {
  try {
    return {status: await look()};
  } catch (error) {
    return error instanceof QsdmError ? {error} : {bug: error};
  }
}

interface Show {
  look(look: Look): void;
  end(): void;
}

/** Lines for logs and programs. */
const told = (io: Io): Show => ({
  look(look) {
    if ("status" in look)
      return io.event({event: "status", data: documentOf(look.status)}, [statusFields(look.status)]);
    const {code, message} = look.error;
    io.event({event: "unavailable", error: {code, message}}, [[null, null, code]]);
  },
  end: () => undefined,
});

/** A few lines that stay in place. */
function drawn(io: Io): Show {
  const progress = io.progress("asking the node");
  let before: {readonly height: bigint; readonly atMs: number} | null = null;
  return {
    look(look) {
      if ("error" in look) return progress.tick(`not ready: ${look.error.message}`);
      const {status} = look;
      const atMs = io.host.now();
      const pace = before && atMs > before.atMs ? paceOf(status.chainTip - before.height, atMs - before.atMs) : "";
      before = {height: status.chainTip, atMs};
      progress.tick(linesOf(status, pace).join("\n"));
    },
    end: () => progress.done(),
  };
}

const paceOf = (blocks: bigint, ms: number): string =>
  `  ${((Number(blocks) * 1_000) / ms).toFixed(1)} blocks a second`;

const batchesLine = ({certifiedRound, committedRound, waiting, missing}: BatchFigures): string =>
  `batches round ${certifiedRound}, in blocks to ${committedRound}, ${waiting} for the next ones, ${missing} missing`;

/** Where a node that lacks blocks is on its way to. */
const wayOf = ({targetHeight, etaSeconds}: NonNullable<Status["qsdm"]>["sync"]): string =>
  `catching up to ${targetHeight}${etaSeconds === null ? "" : `, ${formatDuration(etaSeconds * 1_000)} to go`}`;

/** What is drawn of a status. */
export const linesOf = (
  {network, chainTip, nodeRole, nodeId, peers, uptime, version, qsdm}: Status,
  pace: string,
): string[] => [
  `${network}  height ${chainTip}${pace}`,
  ...(qsdm?.sync.state === "catching-up" ? [wayOf(qsdm.sync)] : []),
  `block   ${qsdm?.blockId ?? "-"}`,
  `waiting ${qsdm?.poolSize ?? "-"}  peers ${peers}`,
  ...(qsdm ? [batchesLine(qsdm.batches)] : []),
  `${nodeRole} ${nodeId}  ${version}  up ${uptime}`,
];
