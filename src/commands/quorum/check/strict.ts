/** The thirteen checks in the terms of the strict profile, where parties have keys and values are seen by clients alone. */
import {bytesOfHex, equalBytes, hexOf} from "../../../codecs/bytes.js";
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";
import {type ProgramPackage, packProgram} from "../../../codecs/quorum/program-package.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import {approval} from "../../../codecs/quorum/strict/statements.js";
import {type QsdmError, RuleError} from "../../../errors.js";
import type {StrictClient} from "../../../node/custody/client.js";
import {auditLog} from "../../../node/custody/log-audit.js";
import type {Party} from "../../../node/custody/party.js";
import {compile} from "../../../node/quorum/language/compile.js";
import {evaluate} from "../../../node/quorum/program/evaluate.js";
import {openMasks} from "../../../node/quorum/strict/unmask.js";
import {setsOf} from "../../../node/quorum/verified/prss.js";
import type {Io} from "../../io.js";
import type {Approvers} from "./approvers.js";
import type {Away} from "./away.js";
import {type Check, CheckSkipped, expectRate, expectRefusal, expectThat} from "./checks.js";

/** Who takes part. */
export interface StrictParties {
  readonly client: StrictClient;
  /** Of another key, where there is one. */
  readonly other: StrictClient | null;
  /** The client's key, and digest of the roster that it signs under. */
  readonly signer: Pick<Party, "sign">;
  readonly roster: Uint8Array;
  readonly approvers: Approvers;
  readonly away: Away;
}

const SECRETS = new Map([["w", 35n]]);
const LOOSE: PolicyManifest = {budgetPerIdentity: 100n, maxEvalsPerMinute: 600n};
const TAG_BYTES = 8;
const hasCode =
  (code: string) =>
  (error: QsdmError): boolean =>
    error instanceof RuleError && error.code === code;

export class StrictChecks {
  readonly left: string[] = [];
  readonly #budget: ProgramPackage;
  readonly #rate: ProgramPackage;
  readonly #loose: ProgramPackage;

  constructor(
    private readonly io: Io,
    private readonly parties: StrictParties,
  ) {
    const tag = hexOf(io.host.randomBytes(TAG_BYTES));
    // The tag is part of the program, so that no two runs have one of the same id.
    const source = (use: string): string =>
      `input x\nsecret w\nconst ${use}_${tag} = 7\nadd t = x ${use}_${tag}\nmul y = t w\noutput y`;
    const packed = (use: string, policy: PolicyManifest) => packProgram(compile(source(use)), {policy});
    this.#loose = packed("loose", LOOSE);
    this.#budget = packed("budget", {...LOOSE, budgetPerIdentity: 3n});
    this.#rate = packed("rate", {...LOOSE, maxEvalsPerMinute: 2n});
  }

  get checks(): readonly Check[] {
    const {approvers} = this.parties;
    const budget = this.#budget;
    const active = async (work: () => Promise<unknown>): Promise<void> => {
      await approvers.needActive(budget);
      await work();
    };
    return [
      {
        behaviour: "154",
        run: async () => {
          await this.#deploy(budget);
          await approvers.approveAllButOne(budget);
          expectThat(!(await approvers.isActive(budget)), "it is active before enough approved it");
        },
      },
      {behaviour: "155", run: () => this.#forge()},
      {
        behaviour: "156",
        run: () => expectRefusal(this.#evaluate(budget, 1n), hasCode("PROGRAM_INACTIVE"), "it is pending"),
      },
      {behaviour: "159", run: () => approvers.approve(budget)},
      {behaviour: "157", run: () => active(() => this.#sharesGive())},
      {behaviour: "158", run: () => active(() => this.#fewerDoNot())},
      {behaviour: "160", run: () => active(() => this.#agree())},
      {
        behaviour: "161",
        run: () =>
          active(async () => {
            // One was done by the check before.
            for (const x of [2n, 3n]) await this.#expectResult(budget, x);
            await expectRefusal(this.#evaluate(budget, 4n), hasCode("BUDGET_EXHAUSTED"), "the budget is spent");
          }),
      },
      {behaviour: "162", run: () => active(() => this.#expectResult(budget, 4n, this.#other))},
      {
        behaviour: "163",
        run: async () => {
          await this.#deploy(this.#rate);
          await approvers.approve(this.#rate);
          await expectRate(2, this.io, () => this.#expectResult(this.#rate, 1n), hasCode("RATE_EXCEEDED"));
        },
      },
      {behaviour: "164", run: () => this.#logIsIntact()},
      {
        behaviour: "165",
        run: () =>
          active(async () => {
            const ended = (await this.#logOf(budget)).filter(({event}) => event === "end");
            for (const outcome of ["ok", "BUDGET_EXHAUSTED"])
              expectThat(
                ended.some((each) => each.outcome === outcome),
                `no evaluation of ${budget.programId} ended with ${outcome}`,
              );
          }),
      },
      {behaviour: "166", run: () => active(() => this.#workflow())},
      {behaviour: "away", run: () => this.#goOnWithout()},
    ];
  }

  get #other(): StrictClient {
    const {other} = this.parties;
    if (other) return other;
    throw new CheckSkipped("it takes --other-key, of another client");
  }

  async #deploy(program: ProgramPackage): Promise<void> {
    await this.parties.client.deploy(program, SECRETS);
    this.left.push(program.programId);
  }

  async #evaluate(program: ProgramPackage, x: bigint, client = this.parties.client) {
    return client.evaluate(program, new Map([["x", x]]));
  }

  async #expectResult(program: ProgramPackage, x: bigint, client = this.parties.client): Promise<readonly string[]> {
    const {outputs, suspects} = await this.#evaluate(program, x, client);
    const right = evaluate(program.ir, {inputs: new Map([["x", x]]), secrets: SECRETS}).get("y");
    const result = outputs.get("y");
    expectThat(result === right, `f(${x}) came out as ${result}, not ${right}`);
    return suspects;
  }

  /** A client's signature in a custodian's place. */
  async #forge(): Promise<void> {
    const {client, signer, roster} = this.parties;
    const content = {
      ...{roster, programId: bytesOfHex(this.#budget.programId), version: "", custodian: 0},
      notAfterMs: BigInt(this.io.host.now() + 60_000),
    };
    const forged = sign(approval, content, (message) => signer.sign(message));
    const work = client.call("approve", {approval: forged});
    await expectRefusal(work, hasCode("APPROVAL_INVALID"), "no custodian signed it");
  }

  async #sharesGive(): Promise<void> {
    const {client} = this.parties;
    const {k} = client;
    const {parts, count} = await client.maskShares(this.#budget);
    expectThat(parts.length >= k, `only ${parts.length} custodians gave shares of masks`);
    const [first, ...others] = setsOf(parts.length, k).map((set) =>
      openMasks(
        set.map((at) => parts[at]!),
        {k, count},
      ).values.join(" "),
    );
    expectThat(
      others.every((each) => each === first),
      `not all ${k} of ${parts.length} custodians open the same masks`,
    );
  }

  async #fewerDoNot(): Promise<void> {
    const {client} = this.parties;
    const {parts, count} = await client.maskShares(this.#budget);
    for (const set of setsOf(parts.length, client.k - 1)) {
      const few = set.map((at) => parts[at]!);
      const opened = async () => openMasks(few, {k: few.length, count});
      await expectRefusal(opened(), hasCode("MASKS_WRONG"), `${few.length} shares are fewer than K`);
    }
  }

  async #agree(): Promise<void> {
    const {statuses} = await this.parties.client.call("custodians", {});
    const away = [...statuses.entries()].filter(([, status]) => status === null).map(([place]) => place);
    expectThat(away.length === 0, `${this.parties.client.namesOf(away).join(", ")} is away`);
    const suspects = await this.#expectResult(this.#budget, 5n);
    expectThat(suspects.length === 0, `the result is right, and without ${suspects.join(", ")}`);
  }

  async #logIsIntact(): Promise<void> {
    const operator = this.parties.approvers.anyone;
    if (operator) await operator.call("seal", {});
    const {newest, end} = await auditLog(operator ?? this.parties.client, [], () => undefined);
    if (operator) expectThat(newest?.size === end.size, "custodians have not signed for all of it");
  }

  async #logOf({programId}: ProgramPackage) {
    const entries: {readonly event: string; readonly outcome: string}[] = [];
    await auditLog(this.parties.client, [], ({programId: of, event, outcome}) => {
      if (of && equalBytes(of, bytesOfHex(programId))) entries.push({event, outcome});
    });
    return entries;
  }

  async #workflow(): Promise<void> {
    const log = await this.#logOf(this.#budget);
    const right = [
      {event: "deploy", outcome: "ok"},
      {event: "approve", outcome: "ok"},
      {event: "masks", outcome: "ok"},
      {event: "end", outcome: "ok"},
      {event: "end", outcome: "BUDGET_EXHAUSTED"},
    ];
    let at = -1;
    for (const {event, outcome} of right) {
      at = log.findIndex((entry, index) => index > at && entry.event === event && entry.outcome === outcome);
      expectThat(at >= 0, `there is no ${event} with ${outcome} after what goes before it`);
    }
  }

  async #goOnWithout(): Promise<void> {
    const {client, away, approvers} = this.parties;
    away.check();
    await this.#deploy(this.#loose);
    await approvers.approve(this.#loose);
    const goesOn = (): Promise<unknown> => this.#expectResult(this.#loose, 1n);
    const {statuses} = await client.call("custodians", {});
    const last = statuses.length - 1;
    await away.without(client.namesOf([last])[0]!, {
      gone: goesOn,
      back: async () => {
        const now = await client.call("custodians", {});
        expectThat(now.statuses[last] !== null, `${client.namesOf([last])} is not back`);
        await goesOn();
      },
    });
  }
}
