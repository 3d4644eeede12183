/** Looks at a rig's enrollment now and then: a miner whose node is revoked works for nothing. */
import type {EnrollmentView} from "../../codecs/api/mining.js";
import {QsdmError} from "../../errors.js";
import type {Client} from "../api/client.js";

/**
 * What the node says of the rig: a record's phase, `not_found`, `unconfigured` when it has no registry to look in (503),
 * or `unknown` when it cannot be asked.
 */
export type RigPhase = EnrollmentView["phase"] | "not_found" | "unconfigured" | "unknown";

/** One look. */
export interface EnrollmentLook {
  readonly phase: RigPhase;
  readonly record: EnrollmentView | null;
  readonly error: QsdmError | null;
}

/** A phase that is another one than before. */
export interface EnrollmentChange {
  readonly nodeId: string;
  readonly phase: RigPhase;
  readonly prevPhase: RigPhase;
  readonly severity: Severity;
}
export type Severity = "info" | "warn" | "error";

/** Looks are never closer together. */
export const MIN_LOOK_MS = 5_000;
export const DEFAULT_LOOK_MS = 30_000;

/** How bad it is that `prev` became `next`. Source: QSDM mining protocol, section 26.2. */
export function severityOf(prev: RigPhase, next: RigPhase): Severity {
  if (next === "revoked" || next === "not_found") return "error";
  return prev === "active" && next === "pending_unbond" ? "warn" : "info";
}

const PHASE_OF_STATUS: ReadonlyMap<unknown, RigPhase> = new Map([
  [404, "not_found"],
  [503, "unconfigured"],
]);

/** Asks once; what goes wrong is part of the answer. */
export async function lookAtEnrollment(client: Pick<Client, "enrollment">, nodeId: string): Promise<EnrollmentLook> {
  try {
    const record = await client.enrollment({nodeId});
    return {phase: record.phase, record, error: null};
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return {phase: PHASE_OF_STATUS.get(error.details.http_status) ?? "unknown", record: null, error};
  }
}

/**
 * Asks the node that work comes from, `source` by its URL: another one may lag, or be of another chain, and its word must
 * not end what goes well. Nobody knows while there is no work.
 */
export async function lookAtSource(
  clients: readonly Pick<Client, "enrollment" | "url">[],
  source: string | null,
  nodeId: string,
): Promise<EnrollmentLook> {
  const client = clients.find(({url}) => url === source);
  if (!client) return {phase: "unknown", record: null, error: null};
  const look = await lookAtEnrollment(client, nodeId);
  // A 404 without a node's word for it may be a proxy's, or of a server that has no such route.
  const code = look.error?.code ?? "";
  const said = look.phase !== "not_found" || (code.endsWith("_NOT_FOUND") && code !== "ROUTE_NOT_FOUND");
  return said ? look : {...look, phase: "unknown"};
}

export interface EnrollmentWatchPorts {
  look(): Promise<EnrollmentLook>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  changed(change: EnrollmentChange): void;
}

/**
 * Looks every `intervalMs`, at least `MIN_LOOK_MS` apart, and tells changes between phases that are known and
 * were seen twice in a row, until `signal` aborts.
 */
export async function watchEnrollment(
  {nodeId, intervalMs, phase: first}: {nodeId: string; intervalMs: number; phase: RigPhase},
  ports: EnrollmentWatchPorts,
  signal: AbortSignal,
): Promise<void> {
  let prevPhase = first;
  let seen: RigPhase = first;
  while (!signal.aborted) {
    await ports.sleep(lookInterval(intervalMs), signal);
    if (signal.aborted) return;
    const {phase} = await ports.look();
    const again = phase === seen;
    seen = phase;
    if (!again || phase === "unknown" || phase === "unconfigured" || phase === prevPhase) continue;
    ports.changed({nodeId, phase, prevPhase, severity: severityOf(prevPhase, phase)});
    prevPhase = phase;
  }
}

/** Milliseconds between two looks for what an operator asks. */
export const lookInterval = (askedMs: number): number => Math.max(MIN_LOOK_MS, askedMs);
