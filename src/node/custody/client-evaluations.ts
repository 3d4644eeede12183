/** Evaluations that a client asks of a coordinator, and what it checks before it takes a result. */
import {setTimeout as sleep} from "node:timers/promises";
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {decodeElements, encodeElements} from "../../codecs/quorum/element.js";
import type {ProgramPackage} from "../../codecs/quorum/program-package.js";
import type {Answer, Ask, CoordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {type ContentOf, digestOf, isSignedBy, type Signed, sign} from "../../codecs/quorum/strict/statement.js";
import {maskRequest, maskShares, result, ticket} from "../../codecs/quorum/strict/statements.js";
import {ML_KEM_768} from "../../codecs/suite.js";
import {DecodeError, RuleError, UnavailableError} from "../../errors.js";
import {sub} from "../quorum/field/field.js";
import {inputNames, inputOf, type Outputs} from "../quorum/program/evaluate.js";
import {STATEMENT_LIFE_MS} from "../quorum/strict/admission.js";
import {boundOf, evaluationsAtOnce} from "../quorum/strict/custodian.js";
import type {Members} from "../quorum/strict/members.js";
import {type MaskPart, mostGiven, openMasks} from "../quorum/strict/unmask.js";
import {wiresOf} from "../quorum/verified/cost.js";
import type {CustodianEvidence} from "./attestation/evidence.js";
import {type EvaluationMasks, EvaluationSource} from "./evaluation-source.js";
import {type Party, unseal} from "./party.js";

const NONCE_BYTES = 32;
/** Until a ticket is handed in again for which there was no stock. */
const AGAIN_MS = 1_000;

export interface EvaluationsPorts {
  readonly party: Party;
  readonly members: Members;
  readonly timeoutMs: number;
  /** Of the client, as the roster has it. */
  readonly name: string;
  readonly evidence: CustodianEvidence;
  /** @throws what the coordinator refuses with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT */
  call<M extends "evaluate" | "masks">(
    method: M,
    ask: Ask<CoordinatorMethods[M]>,
  ): Promise<Answer<CoordinatorMethods[M]>>;
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

export class ClientEvaluations {
  /** By program: evaluations that are asked for at the same time have one ticket. */
  readonly #sources = new Map<string, Source>();

  constructor(private readonly ports: EvaluationsPorts) {}

  /** @throws as `StrictClient.evaluate` */
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
        return await this.ports.call("evaluate", {ticket: signed, again});
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
      client: this.ports.name,
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
    await this.ports.evidence.demand(n - k + 1);
    const {request, parts} = await this.#maskParts(programId, {evaluations, count});
    const [head] = parts;
    if (!head) throw new UnavailableError("CUSTODIANS_MISSING", "no custodian gave masks");
    const {epoch, first} = head;
    return {request, epoch, first, ...openMasks(parts, {k, count})};
  }

  /** As `StrictClient.maskShares`. */
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
    const {shares} = await this.ports.call("masks", {request});
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
