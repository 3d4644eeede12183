/** A custodian and a coordinator as processes run them: state machine, store, HTTP. */
import {randomBytes} from "node:crypto";
import {mkdir, stat} from "node:fs/promises";
import path from "node:path";
import {hexOf, plain} from "../codecs/bytes.js";
import {RuleError} from "../errors.js";
import {coordinatorRoutes} from "./api/quorum/coordinator-routes.js";
import {CoordinatorService} from "./api/quorum/coordinator-service.js";
import {createCustodianClient} from "./api/quorum/custodian-client.js";
import {custodianRoutes} from "./api/quorum/custodian-routes.js";
import {QuorumServer, type QuorumServerOptions} from "./api/quorum/server.js";
import {loadBackend} from "./compute/backend.js";
import {evaluateAllOn} from "./compute/field.js";
import {Coordinator, type CoordinatorOptions} from "./quorum/coordinator/coordinator.js";
import {Custodian, type CustodianOptions} from "./quorum/custodian/custodian.js";
import {fieldSource} from "./quorum/field/random.js";
import type {Log} from "./service.js";
import {SqliteCoordinatorStore} from "./storage/quorum/coordinator-store.js";
import {SqliteCustodianStore} from "./storage/quorum/custodian-store.js";

export interface ProcessOptions {
  /** Created when absent, for its owner alone. */
  readonly dataDir: string;
  readonly server: QuorumServerOptions;
  readonly log: Log;
}

/** A quorum service that listens. */
export interface RunningService {
  readonly url: string;
  /** Stops listening and closes what is kept. */
  stop(): Promise<void>;
}

const REQUEST_ID_BYTES = 16;
const random = (size: number): Uint8Array => plain(randomBytes(size));

/** @throws RuleError DATA_DIR_OPEN; UnavailableError LISTEN_FAILED, and as the store says */
export async function startCustodian(
  options: CustodianOptions,
  {dataDir, server: serverOptions, log}: ProcessOptions,
  signal: AbortSignal,
): Promise<RunningService> {
  const store = SqliteCustodianStore.open(await quorumDatabase(dataDir, "custodian.db"));
  const custodian = new Custodian(options, store, fieldSource(random));
  const routes = custodianRoutes(custodian, () => performance.now());
  return listen(new QuorumServer(serverOptions, routes, log), signal, async () => store.close());
}

/** @throws RuleError DATA_DIR_OPEN; UnavailableError LISTEN_FAILED, and as the store says */
export async function startCoordinator(
  options: CoordinatorOptions,
  {dataDir, server: serverOptions, log}: ProcessOptions,
  signal: AbortSignal,
): Promise<RunningService> {
  const {field} = await loadBackend();
  const store = SqliteCoordinatorStore.open(await quorumDatabase(dataDir, "coordinator.db"));
  const coordinator = new Coordinator(options, store, fieldSource(random), steadySeconds(), evaluateAllOn(field));
  const client = createCustodianClient(log);
  const service = new CoordinatorService(coordinator, client.ask);
  const routes = coordinatorRoutes(service, () => hexOf(random(REQUEST_ID_BYTES)));
  return listen(new QuorumServer(serverOptions, routes, log), signal, async () => {
    await client.close();
    store.close();
  });
}

async function listen(server: QuorumServer, signal: AbortSignal, close: () => Promise<void>): Promise<RunningService> {
  try {
    await server.start(signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await close();
    },
  };
}

/** @throws RuleError DATA_DIR_OPEN: shares and triples lie there as they are */
export async function quorumDatabase(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, {recursive: true, mode: 0o700});
  const {mode} = await stat(dataDir);
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new RuleError("DATA_DIR_OPEN", `others can read ${dataDir}`, {hint: `run: chmod 700 ${dataDir}`});
  return path.join(dataDir, file);
}

/** Seconds since 1970 that do not go back while the process lives, whatever happens to the system's clock. */
function steadySeconds(): () => number {
  const startMs = Date.now() - performance.now();
  return () => (startMs + performance.now()) / 1_000;
}
