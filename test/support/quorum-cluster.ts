/** Custodians and their coordinator in one process: the services whole, without sockets. */
import {hexOf} from "../../src/codecs/bytes.js";
import {type Value, wireJson} from "../../src/codecs/quorum/json.js";
import type {ProgramPackage} from "../../src/codecs/quorum/program-package.js";
import {coordinatorRoutes} from "../../src/node/api/quorum/coordinator-routes.js";
import {
  type AskCustodian,
  CoordinatorService,
  type CoordinatorServiceOptions,
} from "../../src/node/api/quorum/coordinator-service.js";
import {custodianRoutes} from "../../src/node/api/quorum/custodian-routes.js";
import {answerRequest, type QuorumRoute} from "../../src/node/api/quorum/route.js";
import {Coordinator} from "../../src/node/quorum/coordinator/coordinator.js";
import {approvalTag, PUBLIC_APPROVAL_KEYS} from "../../src/node/quorum/custodian/approval.js";
import {Custodian, DEFAULT_CUSTODIAN_LIMITS} from "../../src/node/quorum/custodian/custodian.js";
import {MEMORY_STORE} from "../../src/node/quorum/custodian/store.js";
import {fieldSource} from "../../src/node/quorum/field/random.js";
import {share} from "../../src/node/quorum/sharing/shamir.js";
import {SqliteCoordinatorStore} from "../../src/node/storage/quorum/coordinator-store.js";

export interface ClusterShape {
  /** Custodians, and how many of them the coordinator knows at first. */
  readonly n: number;
  readonly known: number;
  readonly k: number;
}

export const draw = fieldSource((size) => globalThis.crypto.getRandomValues(new Uint8Array(size)));
const keyOf = (index: number): string => PUBLIC_APPROVAL_KEYS[index] ?? `key of custodian ${index}`;

export class Cluster {
  readonly machines: readonly Custodian[];
  readonly custodians: readonly (readonly QuorumRoute[])[];
  readonly service: CoordinatorService;
  readonly coordinator: readonly QuorumRoute[];
  unreachable: ReadonlySet<number> = new Set();
  /** Called before each call of the coordinator. */
  before: (index: number, path: string) => void = () => undefined;
  /** How long a call is on its way. */
  delay: (path: string, index: number) => Promise<void> = async () => undefined;
  /** What a custodian's answer of 200 becomes on its way. */
  tamper: (index: number, path: string, answer: Value) => Value = (_index, _path, answer) => answer;
  /** Calls of the coordinator that were answered, in order. */
  readonly calls: {readonly index: number; readonly path: string}[] = [];

  constructor(
    private readonly shape: ClusterShape = {n: 3, known: 3, k: 2},
    options?: CoordinatorServiceOptions,
  ) {
    const indices = Array.from({length: shape.n}, (_, index) => index);
    this.machines = indices.map(
      (index) =>
        new Custodian(
          {index, threshold: shape.k, approvalKey: keyOf(index), ...DEFAULT_CUSTODIAN_LIMITS},
          MEMORY_STORE,
          draw,
        ),
    );
    this.custodians = this.machines.map((machine) => custodianRoutes(machine, () => 0));
    const coordinator = new Coordinator(
      {
        threshold: shape.k,
        custodians: indices.slice(0, shape.known).map(String),
        approvalKeys: indices.map(keyOf),
        maxTracked: 1_000,
      },
      SqliteCoordinatorStore.open(":memory:"),
      draw,
      () => 1_700_000_000,
    );
    const ask: AskCustodian = async (url, {method, path, body}) => {
      const index = Number(url);
      await this.delay(path, index);
      this.before(index, path);
      if (this.unreachable.has(index)) return null;
      const answer = await answerRequest(this.custodians[index]!, {
        method,
        path,
        body: body === null ? "" : wireJson(body),
      });
      if (answer.bug !== undefined) throw answer.bug;
      this.calls.push({index, path});
      return answer.status === 200 ? this.tamper(index, path, answer.body) : null;
    };
    this.service = new CoordinatorService(coordinator, ask, options);
    this.coordinator = coordinatorRoutes(this.service, () =>
      hexOf(globalThis.crypto.getRandomValues(new Uint8Array(16))),
    );
  }

  /** Installs and approves a program whose secret is shared among the custodians that are known. */
  async run(
    program: ProgramPackage,
    {
      secret = 42n,
      secrets = new Map(),
      pool = 5,
    }: {secret?: bigint; secrets?: ReadonlyMap<string, bigint>; pool?: number} = {},
  ): Promise<void> {
    const {known: n, k} = this.shape;
    const [name = "", ...others] = program.secretNames;
    const first = share(secrets.get(name) ?? secret, {n, k}, draw);
    const more = others.map((other) => [other, share(secrets.get(other)!, {n, k}, draw)] as const);
    for (const [at, each] of first.entries())
      this.machines[at]!.install(program, each, new Map(more.map(([other, shares]) => [other, shares[at]!])));
    await this.service.install(program, {generate: true, size: pool});
    for (let index = 0; index < k; index++)
      this.service.coordinator.approve(program.programId, BigInt(index), approvalTag(keyOf(index), program.programId));
  }
}
