/** Custodians that approve what the checks deploy: by keys that were given, and by operators who do it meanwhile. */
import {setTimeout as sleep} from "node:timers/promises";
import {bytesOfHex, equalBytes} from "../../../codecs/bytes.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {StrictClient} from "../../../node/custody/client.js";
import type {Io} from "../../io.js";
import {CheckSkipped} from "./checks.js";

const LOOK_MS = 1_000;
const HOUR_MS = 3_600_000;

export interface ApproversPorts {
  readonly io: Io;
  readonly client: StrictClient;
  readonly custodians: readonly StrictClient[];
  /** How long others are waited for. */
  readonly waitMs: number;
}

export class Approvers {
  constructor(private readonly ports: ApproversPorts) {}

  /** An operator, for what operators alone may ask. */
  get anyone(): StrictClient | null {
    return this.ports.custodians[0] ?? null;
  }

  /** One less than a program needs at least. @throws CheckSkipped */
  async approveAllButOne(program: ProgramPackage): Promise<void> {
    const {client, custodians} = this.ports;
    const needed = client.k - 1;
    if (custodians.length < needed)
      throw new CheckSkipped(`it takes ${needed} --approver keys, of custodians that approve alone`);
    for (const custodian of custodians.slice(0, needed)) await this.#approve(custodian, program);
  }

  /** Enough, or as many as there are, and then those of others. @throws CheckSkipped */
  async approve(program: ProgramPackage): Promise<void> {
    const {io, custodians, waitMs} = this.ports;
    for (const custodian of custodians) {
      if (await this.isActive(program)) return;
      await this.#approve(custodian, program);
    }
    const {programId} = program;
    if (waitMs > 0) io.note(`waiting for approvals: qsdm quorum approve ${programId} --roster ... --key ...`);
    for (const endMs = performance.now() + waitMs; !(await this.isActive(program)); await sleep(LOOK_MS)) {
      io.signal.throwIfAborted();
      if (performance.now() >= endMs)
        throw new CheckSkipped("too few custodians approved it: give more --approver keys, or --wait for others");
    }
  }

  /** @throws CheckSkipped */
  async needActive(program: ProgramPackage): Promise<void> {
    if (!(await this.isActive(program))) throw new CheckSkipped("the program was not approved");
  }

  async isActive({programId}: ProgramPackage): Promise<boolean> {
    const {client} = this.ports;
    const {statuses} = await client.call("custodians", {});
    const id = bytesOfHex(programId);
    const active = statuses.filter((status) =>
      status?.programs.some((each) => each.active && equalBytes(each.programId, id)),
    );
    return active.length >= client.k;
  }

  async #approve(custodian: StrictClient, program: ProgramPackage): Promise<void> {
    await custodian.approve(program, BigInt(this.ports.io.host.now() + HOUR_MS));
  }
}
