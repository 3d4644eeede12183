/** A client or an operator at a coordinator that it does not trust. */
import {bytesOfHex, hexOf} from "../../codecs/bytes.js";
import type {Codec} from "../../codecs/codec.js";
import {encodeElements} from "../../codecs/quorum/element.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {type ProgramPackage, programPackage} from "../../codecs/quorum/program-package.js";
import type {Countersigned} from "../../codecs/quorum/strict/audit.js";
import {type Answer, type Ask, type CoordinatorMethods, coordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {sign} from "../../codecs/quorum/strict/statement.js";
import {approval, deposit, withdrawal} from "../../codecs/quorum/strict/statements.js";
import {DecodeError, RuleError} from "../../errors.js";
import {checkCountersigned} from "../quorum/audit/countersigned.js";
import {partiesOf} from "../quorum/audit/export.js";
import {fieldSource} from "../quorum/field/random.js";
import {share} from "../quorum/sharing/shamir.js";
import {boundOf} from "../quorum/strict/custodian.js";
import {checkFits} from "../quorum/strict/fit.js";
import type {Members} from "../quorum/strict/members.js";
import type {MaskPart} from "../quorum/strict/unmask.js";
import {CustodianEvidence} from "./attestation/evidence.js";
import {ClientEvaluations, type Evaluated} from "./client-evaluations.js";
import {Coordinators, coordinatorsNamed} from "./coordinators.js";
import {type Party, sealTo} from "./party.js";

export interface ClientPorts {
  readonly party: Party;
  readonly members: Members;
  readonly timeoutMs: number;
  /** Name of the one coordinator that is asked; whichever of the roster can be reached, unless said. */
  readonly coordinator?: string | null;
}

export class StrictClient {
  readonly #evaluations: ClientEvaluations;

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
    this.#evaluations = new ClientEvaluations({
      ...ports,
      name,
      evidence: this.evidence,
      call: (method, ask) => this.call(method, ask),
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
   * @throws RuleError INPUT_MISSING, MASKS_WRONG, RESULTS_DIFFER, ATTESTATION_REQUIRED, ATTESTATION_REJECTED, and what the
   * coordinator refuses with
   */
  async evaluate(program: ProgramPackage, inputs: ReadonlyMap<string, bigint>): Promise<Evaluated> {
    return this.#evaluations.evaluate(program, inputs);
  }

  /** Shares of masks of one evaluation, as each custodian gave them. The masks go unused. @throws as `evaluate` */
  async maskShares(program: ProgramPackage): Promise<{readonly parts: readonly MaskPart[]; readonly count: number}> {
    return this.#evaluations.maskShares(program);
  }
}
