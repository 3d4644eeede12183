/** A client or an operator at a coordinator that it does not trust. */
import {setTimeout as sleep} from "node:timers/promises";
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import type {Codec} from "../../codecs/codec.js";
import {decodeElements, encodeElements} from "../../codecs/quorum/element.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {type ProgramPackage, programPackage} from "../../codecs/quorum/program-package.js";
import type {Countersigned} from "../../codecs/quorum/strict/audit.js";
import {type Answer, type Ask, type CoordinatorMethods, coordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {type ContentOf, digestOf, isSignedBy, type Signed, sign} from "../../codecs/quorum/strict/statement.js";
import {
  approval,
  deposit,
  maskRequest,
  maskShares,
  result,
  ticket,
  withdrawal,
} from "../../codecs/quorum/strict/statements.js";
import {ML_KEM_768} from "../../codecs/suite.js";
import {DecodeError, RuleError, UnavailableError} from "../../errors.js";
import {checkCountersigned} from "../quorum/audit/countersigned.js";
import {partiesOf} from "../quorum/audit/export.js";
import {sub} from "../quorum/field/field.js";
import {fieldSource} from "../quorum/field/random.js";
import {inputNames, inputOf, type Outputs} from "../quorum/program/evaluate.js";
import {share} from "../quorum/sharing/shamir.js";
import {STATEMENT_LIFE_MS} from "../quorum/strict/admission.js";
import {boundOf, evaluationsAtOnce} from "../quorum/strict/custodian.js";
import {checkFits} from "../quorum/strict/fit.js";
import type {Members} from "../quorum/strict/members.js";
import {type MaskPart, mostGiven, openMasks} from "../quorum/strict/unmask.js";
import {wiresOf} from "../quorum/verified/cost.js";
import {CustodianEvidence} from "./attestation/evidence.js";
import {Coordinators, coordinatorsNamed} from "./coordinators.js";
import {type EvaluationMasks, EvaluationSource} from "./evaluation-source.js";
import {type Party, sealTo, unseal} from "./party.js";

const NONCE_BYTES = 32;
/** Until a ticket is handed in again for which there was no stock. */
const AGAIN_MS = 1_000;

export interface ClientPorts {
  readonly party: Party;
  readonly members: Members;
  readonly timeoutMs: number;
  /** Name of the one coordinator that is asked; whichever of the roster can be reached, unless said. */
  readonly coordinator?: string | null;
}

/** What an evaluation gave, and names of custodians that did not follow the protocol. */
export interface Evaluated {
  readonly outputs: Outputs;
  readonly suspects: readonly string[];
  /** What it took the custodians, with those that had the same ticket, by the coordinator's word. */
  readonly traffic: Answer<CoordinatorMethods["evaluate"]>["traffic"];
}

type Source = EvaluationSource<readonly bigint[], Evaluated>;
/** Refusals of a ticket that one for fewer evaluations may not get: less is left than they need together. */
const TOO_LITTLE_LEFT: ReadonlySet<string> = new Set([
  "BUDGET_EXHAUSTED",
  "ORGANISATION_BUDGET_EXHAUSTED",
  "PROGRAM_BUDGET_EXHAUSTED",
  "RATE_EXCEEDED",
  "STOCK_EXHAUSTED",
]);

export class StrictClient {
  /** By program: evaluations that are asked for at the same time have one ticket. */
  readonly #sources = new Map<string, Source>();

  /** What custodians show of their machines. */
  readonly evidence: CustodianEvidence;

  private constructor(
    private readonly coordinators: Coordinators,
    private readonly ports: ClientPorts,
    private readonly name: string,
  ) {
    this.evidence = new CustodianEvidence({
      ...ports,
      ask: async (nonce) => (await this.call("attest", {nonce})).attestations,
    });
  }

  /** @throws RuleError KEY_NOT_IN_ROSTER; UsageError COORDINATOR_UNKNOWN; UnavailableError PEER_UNREACHABLE */
  static async connect(ports: ClientPorts): Promise<StrictClient> {
    const {party, members, timeoutMs, coordinator = null} = ports;
    const role = members.bySigningKey(party.signingKey);
    if (!role)
      throw new RuleError("KEY_NOT_IN_ROSTER", "the key is of nobody in the roster", {
        hint: "qsdm quorum roster verify lists who is",
      });
    const endpoint = party.endpoint(members, () => undefined);
    const asked = coordinatorsNamed(members.roster.coordinators, coordinator);
    const coordinators = await Coordinators.connect({endpoint, coordinators: asked, timeoutMs});
    return new StrictClient(coordinators, ports, role.card.name);
  }

  close(): void {
    this.coordinators.close();
  }

  /** Name of the coordinator that is asked, as long as it can be reached. */
  get coordinator(): string {
    return this.coordinators.current.card.name;
  }

  /** Channel id of that coordinator, which names its audit log. */
  get log(): string {
    return hexOf(this.coordinators.current.card.channelId);
  }

  /** Whether the key is of somebody who runs a service. */
  get isOperator(): boolean {
    const {members, party} = this.ports;
    return members.bySigningKey(party.signingKey)?.kind !== "client";
  }

  /** Id of the quorum, which stays when its roster changes. */
  get quorum(): string {
    return hexOf(this.ports.members.roster.quorum);
  }

  /** Custodians that suffice to open a value. */
  get k(): number {
    return this.ports.members.k;
  }

  /** For messages: names of the custodians at `places`. */
  namesOf(places: readonly number[]): readonly string[] {
    return this.ports.members.namesOf(places);
  }

  /** Names of an organisation's parties. @throws RuleError ORGANISATION_UNKNOWN */
  partiesOf(organisation: string): ReadonlySet<string> {
    return partiesOf(organisation, this.ports.members);
  }

  /** @throws as `checkCountersigned` */
  checkpointIn(signed: Countersigned): ReturnType<typeof checkCountersigned> {
    const {members, party} = this.ports;
    return checkCountersigned(members, party.verify, signed);
  }

  /** @throws what the coordinator refuses with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT */
  async call<M extends keyof CoordinatorMethods>(
    name: M,
    ask: Ask<CoordinatorMethods[M]>,
  ): Promise<Answer<CoordinatorMethods[M]>> {
    const method = coordinatorMethods[name];
    const codec = method.ask as Codec<Ask<CoordinatorMethods[M]>>;
    // A ticket that another coordinator had may be done by now.
    const bodyOf = (again: boolean): Uint8Array => codec.encode(again && "again" in ask ? {...ask, again} : ask);
    return method.answer.decode(await this.coordinators.call(name, bodyOf)) as Answer<CoordinatorMethods[M]>;
  }

  /**
   * Brings a program, with its secrets shared and sealed to each custodian.
   * @throws RuleError ATTESTATION_REQUIRED, ATTESTATION_REJECTED, as `checkFits` and `call`
   */
  async deploy(program: ProgramPackage, secrets: ReadonlyMap<string, bigint>): Promise<void> {
    checkFits(program, this.ports.members);
    // A share goes to each of them.
    if (secretNames(program.ir).length > 0) await this.evidence.demand(this.ports.members.n);
    await this.call("deploy", {package: programPackage.encode(program), deposit: this.#deposit(program, secrets)});
  }

  #deposit({programId, ir}: ProgramPackage, secrets: ReadonlyMap<string, bigint>) {
    const names = secretNames(ir);
    if (names.length === 0) return null;
    const {members, party} = this.ports;
    const {suite} = party;
    const id = bytesOfHex(programId);
    const draw = fieldSource(suite.randomBytes);
    const shared = names.map((name) => share(secrets.get(name)!, members, draw));
    const boxes = members.roster.custodians.map(({card}, place) => {
      const plaintext = encodeElements(shared.map((shares) => shares[place]!.y));
      return sealTo(suite, card.sealingKey, {plaintext, bound: boundOf(id, place)});
    });
    const content = {roster: members.digest, programId: id, owner: this.name, boxes};
    return sign(deposit, content, (message) => party.sign(message));
  }

  /** Gives a custodian's approval. @throws RuleError NOT_A_CUSTODIAN */
  async approve({programId, version}: ProgramPackage, notAfterMs: bigint) {
    const {members, party} = this.ports;
    const content = {
      roster: members.digest,
      programId: bytesOfHex(programId),
      version: version ?? "",
      custodian: this.#custodianPlace("approves"),
      notAfterMs,
    };
    return this.call("approve", {approval: sign(approval, content, (message) => party.sign(message))});
  }

  /** Takes a custodian's word for a program back, or gives it again. @throws RuleError NOT_A_CUSTODIAN */
  async suspend({programId}: ProgramPackage, withdrawn: boolean) {
    const {members, party} = this.ports;
    const content = {
      roster: members.digest,
      programId: bytesOfHex(programId),
      custodian: this.#custodianPlace("suspends"),
      withdrawn,
      timeMs: BigInt(party.suite.nowMs()),
    };
    return this.call("suspend", {withdrawal: sign(withdrawal, content, (message) => party.sign(message))});
  }

  #custodianPlace(does: string): number {
    const {members, party} = this.ports;
    const role = members.bySigningKey(party.signingKey);
    if (role?.kind === "custodian") return role.place;
    throw new RuleError("NOT_A_CUSTODIAN", `only a custodian's key ${does} programs`);
  }

  /** The package of that id, recomputed here. @throws DecodeError PROGRAM_ID_MISMATCH */
  async program(programId: string): Promise<ProgramPackage> {
    const program = programPackage.decode((await this.call("program", {programId: bytesOfHex(programId)})).package);
    if (program.programId === programId) return program;
    throw new DecodeError("PROGRAM_ID_MISMATCH", `the coordinator answered with program ${program.programId}`);
  }

  /**
   * Results that only this client sees, of inputs that nobody else sees.
   * @throws RuleError INPUT_MISSING, MASKS_WRONG, RESULTS_DIFFER, ATTESTATION_REQUIRED, ATTESTATION_REJECTED, and what the coordinator refuses with
   */
  async evaluate(program: ProgramPackage, inputs: ReadonlyMap<string, bigint>): Promise<Evaluated> {
    return this.#sourceOf(program).evaluate(inputNames(program.ir).map((name) => inputOf(inputs, name)));
  }

  /** @param given values of the inputs of each evaluation, in their order */
  async #evaluate(
    program: ProgramPackage,
    given: readonly (readonly bigint[])[],
    masks: EvaluationMasks,
  ): Promise<readonly Evaluated[]> {
    const {party, members} = this.ports;
    const [wires, inputs] = [wiresOf(program), inputNames(program.ir).length];
    const maskAt = (evaluation: number, wire: number): bigint => masks.values[evaluation * wires + wire]!;
    const content = {
      ...this.#statement(bytesOfHex(program.programId)),
      request: masks.request,
      epoch: masks.epoch,
      firstMask: masks.first,
      evaluations: given.length,
      masked: encodeElements(given.flatMap((values, of) => values.map((value, at) => sub(value, maskAt(of, at))))),
    };
    const signed = sign(ticket, content, (message) => party.sign(message));
    const {results, suspects, traffic} = await this.#handIn(signed);
    const names = program.ir.outputs;
    const masked = decodeElements(this.#agreed(digestOf(ticket, signed), results), given.length * names.length);
    const places = [...new Set([...masks.wrong, ...suspects])].sort((a, b) => a - b);
    return given.map((_, of) => ({
      outputs: new Map(
        names.map((name, at) => [name, sub(masked[of * names.length + at]!, maskAt(of, inputs + at))] as const),
      ),
      suspects: members.namesOf(places),
      traffic,
    }));
  }

  /** A ticket is charged once, whatever becomes of its attempts: the same is handed in again, rather than another signed. */
  async #handIn(signed: Signed<ContentOf<typeof ticket>>): Promise<Answer<CoordinatorMethods["evaluate"]>> {
    const {party, timeoutMs} = this.ports;
    const untilMs = party.suite.nowMs() + Math.min(timeoutMs, STATEMENT_LIFE_MS);
    for (let again = false; ; again = true)
      try {
        return await this.call("evaluate", {ticket: signed, again});
      } catch (error) {
        const isUnfinished = error instanceof UnavailableError && error.code === "EVALUATION_UNFINISHED";
        if (!isUnfinished || party.suite.nowMs() + AGAIN_MS >= untilMs) throw error;
        await sleep(AGAIN_MS);
      }
  }

  #statement(programId: Uint8Array) {
    const {party, members} = this.ports;
    return {
      roster: members.digest,
      programId,
      client: this.name,
      nonce: party.suite.randomBytes(NONCE_BYTES),
      notAfterMs: BigInt(party.suite.nowMs() + STATEMENT_LIFE_MS),
    };
  }

  #sourceOf(program: ProgramPackage): Source {
    const {programId} = program;
    const wires = wiresOf(program);
    const source =
      this.#sources.get(programId) ??
      new EvaluationSource({
        wires,
        atOnce: evaluationsAtOnce(program),
        masks: (evaluations) => this.#masks(bytesOfHex(programId), {evaluations, count: evaluations * wires}),
        evaluate: (given, masks) => this.#evaluate(program, given, masks),
        isForFewer: (error) => error instanceof RuleError && TOO_LITTLE_LEFT.has(error.code),
      });
    this.#sources.set(programId, source);
    return source;
  }

  async #masks(programId: Uint8Array, {evaluations, count}: {readonly evaluations: number; readonly count: number}) {
    const {n, k} = this.ports.members;
    // The others are fewer than K: whatever they are, together they do not see what goes in and what comes out.
    await this.evidence.demand(n - k + 1);
    const {request, parts} = await this.#maskParts(programId, {evaluations, count});
    const [head] = parts;
    if (!head) throw new UnavailableError("CUSTODIANS_MISSING", "no custodian gave masks");
    const {epoch, first} = head;
    return {request, epoch, first, ...openMasks(parts, {k, count})};
  }

  /** Shares of masks of one evaluation, as each custodian gave them. The masks go unused. @throws as `evaluate` */
  async maskShares(program: ProgramPackage): Promise<{readonly parts: readonly MaskPart[]; readonly count: number}> {
    const count = wiresOf(program);
    const {parts} = await this.#maskParts(bytesOfHex(program.programId), {evaluations: 1, count});
    return {parts, count};
  }

  async #maskParts(
    programId: Uint8Array,
    {evaluations, count}: {readonly evaluations: number; readonly count: number},
  ) {
    const {party} = this.ports;
    const {kem, randomBytes} = party.suite;
    const {publicKey, secretKey} = kem.keygen(randomBytes(ML_KEM_768.keygenSeedBytes));
    const content = {...this.#statement(programId), evaluations, sealingKey: publicKey};
    const request = sign(maskRequest, content, (message) => party.sign(message));
    const digest = digestOf(maskRequest, request);
    const {shares} = await this.call("masks", {request});
    const given = shares.flatMap((signed) => {
      const {request: of, custodian: place, epoch, first, count: many, box} = signed.content;
      if (many !== count || !equalBytes(of, digest) || !this.#isFrom(maskShares, signed, place)) return [];
      return [{place, epoch, first, elements: elementsIn(kem, secretKey, {box, bound: boundOf(digest, place)})}];
    });
    return {request: digest, parts: mostGiven(given)};
  }

  /** What at least k custodians say: one of them is honest, and speaks only after the MACs were checked. */
  #agreed(digest: Uint8Array, results: readonly Signed<ContentOf<typeof result>>[]): Uint8Array {
    const {k} = this.ports.members;
    const sayers = new Map<string, Set<number>>();
    for (const signed of results) {
      const {ticket: named, custodian, masked} = signed.content;
      if (!equalBytes(named, digest) || !this.#isFrom(result, signed, custodian)) continue;
      const places = sayers.get(hexOf(masked)) ?? new Set();
      sayers.set(hexOf(masked), places.add(custodian));
    }
    const found = [...sayers].find(([, places]) => places.size >= k);
    if (found) return bytesOfHex(found[0]);
    throw new RuleError("RESULTS_DIFFER", `no ${k} custodians signed the same result`, {
      hint: "the coordinator or the custodians are not what they should be",
    });
  }

  #isFrom<T>(codec: Parameters<typeof isSignedBy<T>>[0], signed: Signed<T>, place: number): boolean {
    const service = this.ports.members.custodian(place);
    return service !== null && isSignedBy(codec, signed, service.card.signingKey, this.ports.party.verify);
  }
}

/** What a custodian sealed; nothing where it sealed something else than elements, which the others' shares show up. */
function elementsIn(...sealed: Parameters<typeof unseal>): bigint[] {
  try {
    return decodeElements(unseal(...sealed));
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
