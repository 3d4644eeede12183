/** Flags that the quorum services share. */
import type {Server} from "node:http";
import {type Command, Option} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../errors.js";
import {DEFAULT_QUORUM_SERVER} from "../../node/api/quorum/server.js";
import {DEFAULT_ROUND_MS} from "../../node/custody/job-runner.js";
import type {ProcessOptions, RunningService} from "../../node/quorum-services.js";
import type {MeasuredService} from "../../node/quorum-strict.js";
import {countFlag, durationFlag} from "../flags.js";
import type {Io} from "../io.js";
import {createLog, LOG_LEVELS, type LogLevel} from "../log.js";
import {parseMetricsAddress, serveMetrics} from "../metrics-server.js";
import type {StrictServiceFlags} from "./strict/serve.js";

export interface ServiceFlags extends StrictServiceFlags {
  readonly metrics?: string;
  readonly profile: "strict" | "compat";
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly threshold: number;
  readonly behindProxy: boolean;
  readonly logLevel: LogLevel;
}

/** What the description of either service says. */
export const COMPAT_WARNING =
  "--profile compat speaks the API of the reference, which knows no callers: whoever reaches the service may install, " +
  "approve, evaluate, overwrite and delete. It listens on this machine alone unless --behind-proxy says that something " +
  "in front of it decides who may call.";

export const addServiceFlags = (command: Command, port: number): Command =>
  command
    .addOption(
      new Option("--profile <name>", "strict, or compat, which is the reference's API")
        .choices(["strict", "compat"])
        .default("strict"),
    )
    .requiredOption("--data-dir <dir>", "where state is kept")
    .option("--roster <path>", "strict: the signed roster")
    .option("--key <path>", "strict: this party's key")
    .option("--listen <host:port>", "strict: where to listen, when it is not where the roster says")
    .option(
      "--round-timeout <duration>",
      "strict: how long another custodian may be silent in a round (default: 10s)",
      durationFlag,
      DEFAULT_ROUND_MS,
    )
    .option(
      "--metrics <address>",
      "strict: serve /metrics, and for probes /health and a coordinator's /audit, on a port, or on HOST:PORT",
    )
    .option("--host <address>", "compat: address to listen on", "127.0.0.1")
    .option("--port <port>", "compat: port to listen on; 0 takes a free one", countFlag(0, 65_535), port)
    .option("--threshold <k>", "compat: custodians that suffice to open a value", countFlag(1, 64), 2)
    .option("--behind-proxy", "compat: allow an address beyond this machine", false)
    .addOption(new Option("--log-level <level>", "least severe lines to log").choices(LOG_LEVELS).default("info"));

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** @throws UsageError HOST_OPEN */
export function processOptions({dataDir, host, port, behindProxy, logLevel}: ServiceFlags): ProcessOptions {
  if (!LOOPBACK.has(host) && !behindProxy)
    throw new UsageError("HOST_OPEN", `${host} can be reached from elsewhere, and this profile trusts every caller`, {
      hint: "listen on 127.0.0.1, or pass --behind-proxy when something in front of it authenticates",
    });
  return {dataDir, server: {...DEFAULT_QUORUM_SERVER, host, port}, log: createLog(logLevel)};
}

/** Runs until the signal aborts, with its figures served at `--metrics`. @throws UsageError METRICS_ADDRESS_INVALID */
export async function serveMeasured(
  io: Io,
  flags: Pick<ServiceFlags, "metrics">,
  {start, event = {}}: {start(): Promise<MeasuredService>; readonly event?: Readonly<Record<string, unknown>>},
): Promise<void> {
  const address = flags.metrics === undefined ? null : parseMetricsAddress(flags.metrics);
  const service = await start();
  let server: Server | null = null;
  try {
    server = address && (await serveMetrics(service.registry, address, service.pages));
  } catch (error) {
    await service.stop();
    throw error;
  }
  try {
    await serve(io, Promise.resolve(service), {profile: "strict", ...event});
  } finally {
    server?.close();
  }
}

/** Runs until the signal aborts. */
export async function serve(
  io: Io,
  starting: Promise<RunningService>,
  event: Readonly<Record<string, unknown>>,
): Promise<void> {
  const service = await starting;
  io.event({event: "started", url: service.url, ...event}, service.url);
  if (!io.signal.aborted)
    await new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), {once: true}));
  await service.stop();
}

const KEYS_MAX_BYTES = 64 * 1024;

/** Approval keys of a file, one on a line. @throws DecodeError KEY_FILE_INVALID */
export async function readApprovalKeys(io: Io, path: string, flag: string): Promise<readonly string[]> {
  const lines = textOf(await io.readFile(path, {flag, maxBytes: KEYS_MAX_BYTES})).split("\n");
  const keys = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  if (keys.length === 0 || keys.some((key) => key === ""))
    throw new DecodeError("KEY_FILE_INVALID", `${flag}: no key on a line`, {hint: "write one key on each line"});
  return keys;
}

/** Refuses keys that everybody knows unless they are asked for. @throws UsageError APPROVAL_KEY_SOURCE */
export function checkKeySource(file: string | undefined, publicKeys: boolean, flag: string): void {
  if ((file === undefined) === !publicKeys)
    throw new UsageError("APPROVAL_KEY_SOURCE", `give one of ${flag} and --public-approval-keys`, {
      hint: "the public keys are the reference's own, printed in its source: for tests and its clients alone",
    });
}
