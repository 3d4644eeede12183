/** The thirteen checks towards services of the compat profile, as the reference makes them. */
import {members} from "../../../codecs/quorum/json.js";
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";
import {type ProgramPackage, packProgram} from "../../../codecs/quorum/program-package.js";
import {type QsdmError, RuleError} from "../../../errors.js";
import {verifyChain} from "../../../node/quorum/audit/chain.js";
import {P} from "../../../node/quorum/field/field.js";
import {fieldSource} from "../../../node/quorum/field/random.js";
import {compile} from "../../../node/quorum/language/compile.js";
import {evaluate} from "../../../node/quorum/program/evaluate.js";
import {reconstruct} from "../../../node/quorum/sharing/shamir.js";
import type {Io} from "../../io.js";
import {fetchEntries} from "../audit-entries.js";
import {deploy} from "../deploy.js";
import {integerIn, type ServiceClient, textIn} from "../service-client.js";
import type {Away} from "./away.js";
import {type Check, expectRate, expectRefusal, expectThat} from "./checks.js";

export interface CompatServices {
  readonly coordinator: ServiceClient;
  readonly custodians: readonly ServiceClient[];
  readonly threshold: number;
}

const SOURCE = "input x\nconst c = 7\nadd t = x c\nmul y = t t\noutput y\n";
const LOOSE: PolicyManifest = {budgetPerIdentity: 100n, maxEvalsPerMinute: 600n};
/** Shared among the custodians; the program does not read it. */
const SHARED = 42n;
const POOL = 10;
const TAG_BYTES = 8;

const isRefusal =
  (status: number, reason: string) =>
  (error: QsdmError): boolean =>
    error instanceof RuleError && error.details.status === status && error.message.includes(reason);

/** A program for each that needs a policy of its own: ids are hashed from policy and name of the secret. */
export class CompatChecks {
  readonly left: string[] = [];
  readonly #tag: string;
  /** Deployed by the first check, and used by those after it. */
  readonly #program: ProgramPackage;
  readonly #budget: ProgramPackage;
  readonly #rate: ProgramPackage;

  constructor(
    private readonly io: Io,
    private readonly services: CompatServices,
    private readonly away: Away,
  ) {
    this.#tag = Buffer.from(io.host.randomBytes(TAG_BYTES)).toString("hex");
    this.#program = this.#packed("loose", LOOSE);
    this.#budget = this.#packed("budget", {...LOOSE, budgetPerIdentity: 3n});
    this.#rate = this.#packed("rate", {...LOOSE, maxEvalsPerMinute: 2n});
  }

  get checks(): readonly Check[] {
    const {threshold: k} = this.services;
    return [
      {
        behaviour: "154",
        run: async () => {
          await this.#install(this.#program);
          for (let index = 0; index < k - 1; index++) await this.#approve(this.#program, index);
          expectThat((await this.#statusOf(this.#program)) === "PENDING", `it is active after ${k - 1} approvals`);
        },
      },
      {behaviour: "155", run: () => this.#forge()},
      {
        behaviour: "156",
        run: () =>
          expectRefusal(this.#evaluate(this.#program, 1n), isRefusal(400, "Program not active"), "it is pending"),
      },
      {behaviour: "157", run: () => this.#sharesGive()},
      {behaviour: "158", run: () => this.#fewerDoNot()},
      {
        behaviour: "159",
        run: async () => {
          const status = await this.#approve(this.#program, this.services.custodians.length - 1);
          expectThat(status === "ACTIVE", `it is ${status} after ${k} approvals`);
        },
      },
      {behaviour: "160", run: () => this.#agree()},
      {
        behaviour: "161",
        run: async () => {
          await this.#activate(this.#budget);
          for (const x of [1n, 2n, 3n]) await this.#expectResult(this.#budget, x);
          await expectRefusal(
            this.#evaluate(this.#budget, 4n),
            isRefusal(429, "budget exhausted"),
            "the budget is spent",
          );
        },
      },
      {behaviour: "162", run: () => this.#expectResult(this.#budget, 4n, "bob")},
      {
        behaviour: "163",
        run: async () => {
          await this.#activate(this.#rate);
          const once = (): Promise<unknown> => this.#evaluate(this.#rate, 1n);
          await expectRate(2, this.io, once, isRefusal(429, "rate limit exceeded"));
        },
      },
      {
        behaviour: "164",
        run: async () => expectThat(verifyChain(await fetchEntries(this.services.coordinator)), "its chain is broken"),
      },
      {
        behaviour: "165",
        run: async () => {
          const events = await this.#eventsOf(this.#budget);
          for (const event of ["eval_ok", "eval_denied"])
            expectThat(events.includes(event), `the log has no ${event} of ${this.#budget.programId}`);
        },
      },
      {behaviour: "166", run: () => this.#workflow()},
      {behaviour: "away", run: () => this.#goOnWithout()},
    ];
  }

  #packed(use: string, policy: PolicyManifest): ProgramPackage {
    return packProgram(compile(SOURCE), {policy, secretName: `check_${use}_${this.#tag}`});
  }

  async #install(program: ProgramPackage): Promise<void> {
    const {threshold} = this.services;
    const draw = fieldSource((size) => this.io.host.randomBytes(size));
    const [name = ""] = program.secretNames;
    const secrets = new Map([[name, SHARED]]);
    const {failed} = await deploy({program, secrets, threshold, pool: POOL}, this.services, draw);
    this.left.push(program.programId);
    expectThat(failed.length === 0, `${failed[0]?.url} did not take the program: ${failed[0]?.why}`);
  }

  /** @returns what the coordinator says of the program then */
  async #approve({programId}: ProgramPackage, index: number): Promise<string> {
    const tag = await this.services.custodians[index]!.post("/approve", members({program_id: programId}));
    const signature = textIn(tag, "signature");
    const approval = {program_id: programId, custodian_index: integerIn(tag, "custodian_index"), signature};
    return textIn(await this.services.coordinator.post("/approve", members(approval)), "status");
  }

  async #activate(program: ProgramPackage): Promise<void> {
    await this.#install(program);
    for (let index = 0; index < this.services.threshold; index++) await this.#approve(program, index);
  }

  async #statusOf({programId}: ProgramPackage): Promise<string> {
    return textIn(await this.services.coordinator.get(`/status/${programId}`), "status");
  }

  async #evaluate({programId}: ProgramPackage, x: bigint, identity = "alice"): Promise<bigint> {
    const body = members({identity_id: identity, program_id: programId, inputs: members({x})});
    return integerIn(await this.services.coordinator.post("/eval", body), "result");
  }

  async #expectResult(program: ProgramPackage, x: bigint, identity = "alice"): Promise<void> {
    const right = evaluate(program.ir, {inputs: new Map([["x", x]]), secrets: new Map()}).get("y");
    const result = await this.#evaluate(program, x, identity);
    expectThat(result === right, `f(${x}) came out as ${result}, not ${right}`);
  }

  async #forge(): Promise<void> {
    const {programId} = this.#program;
    const forged = members({program_id: programId, custodian_index: 0n, signature: "ab".repeat(32)});
    const work = this.services.coordinator.post("/approve", forged);
    await expectRefusal(work, isRefusal(403, "Invalid signature"), "nobody signed it");
  }

  /** Each custodian's share, as its term of an interpolation that it alone takes part in. */
  async #shares() {
    const {programId} = this.#program;
    return Promise.all(
      this.services.custodians.map(async (custodian, at) => {
        const x = BigInt(at + 1);
        const body = members({program_id: programId, target_x: P - 1n, participant_x_coords: [x]});
        return {x, y: BigInt(textIn(await custodian.post("/reshare_lagrange_partial", body), "partial"))};
      }),
    );
  }

  async #sharesGive(): Promise<void> {
    const {threshold: k} = this.services;
    const shares = await this.#shares();
    for (let from = 0; from + k <= shares.length; from++) {
      const given = reconstruct(shares.slice(from, from + k));
      expectThat(given === SHARED, `shares of custodians ${from} to ${from + k - 1} give something else`);
    }
  }

  async #fewerDoNot(): Promise<void> {
    const {threshold: k} = this.services;
    const shares = await this.#shares();
    for (let from = 0; k > 1 && from + k - 1 <= shares.length; from++) {
      const given = reconstruct(shares.slice(from, from + k - 1));
      expectThat(given !== SHARED, `${k - 1} shares from custodian ${from} on give the secret`);
    }
  }

  async #agree(): Promise<void> {
    const {programId} = this.#program;
    for (const [at, custodian] of this.services.custodians.entries()) {
      const shares = members({x: members({x: 1n, y: "5"})});
      const body = members({program_id: programId, request_id: `check-${this.#tag}`, input_shares: shares});
      const y = textIn(await custodian.post("/eval_share", body), "y");
      expectThat(y === "144", `custodian ${at} gives ${y} for f(5), not 144`);
    }
    await this.#expectResult(this.#program, 5n);
  }

  async #eventsOf({programId}: ProgramPackage): Promise<readonly string[]> {
    const entries = await fetchEntries(this.services.coordinator);
    return entries.filter(({data}) => data.get("program_id") === programId).map(({event}) => event);
  }

  async #workflow(): Promise<void> {
    const events = await this.#eventsOf(this.#budget);
    const approvals = Array<string>(this.services.threshold).fill("approve");
    const done = Array<string>(3).fill("eval_ok");
    // Alice's three and the one that was refused, then bob's.
    const right = ["install", ...approvals, "activate", ...done, "eval_denied", "eval_ok"];
    expectThat(events.join(" ") === right.join(" "), `it is ${events.join(" ")}, not ${right.join(" ")}`);
  }

  async #goOnWithout(): Promise<void> {
    await this.away.without(`${this.services.custodians.length - 1}`, {
      gone: () => this.#expectResult(this.#program, 3n),
      back: async () => {
        await this.services.custodians.at(-1)!.get("/health");
        await this.#expectResult(this.#program, 4n);
      },
    });
  }
}
