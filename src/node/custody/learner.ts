/**
 * What a coordinator has from custodians because another brought it: programs, approvals, withdrawals, certificates. All of it
 * is checked by what signs it, and handed on to custodians that were away.
 */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {type ProgramPackage, programPackage} from "../../codecs/quorum/program-package.js";
import type {CustodianStatus} from "../../codecs/quorum/strict/calls.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {checkApproval, checkCertificate, checkWithdrawal, PROGRAMS_MAX} from "../quorum/strict/custodian.js";
import type {Members} from "../quorum/strict/members.js";
import type {Log} from "../service.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import type {CustodianCalls} from "./custodian-calls.js";

export interface LearnerPorts {
  readonly members: Members;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly verify: VerifySignature;
  nowMs(): number;
  readonly log: Log;
}

interface Teller {
  readonly place: number;
  readonly status: CustodianStatus;
}

export class Learner {
  /** By custodian: revisions of programs as they were read over its present connection. */
  readonly #read = new Map<number, Map<string, bigint>>();
  #learning: Promise<boolean> | null = null;

  constructor(private readonly ports: LearnerPorts) {}

  /** @throws RuleError PROGRAM_UNKNOWN */
  async program(programId: Uint8Array): Promise<ProgramPackage> {
    const {store} = this.ports;
    const known = store.program(programId);
    if (known) return known;
    await this.#learn();
    const learned = store.program(programId);
    if (learned) return learned;
    throw new RuleError("PROGRAM_UNKNOWN", `program ${hexOf(programId)} is not deployed`, {
      hint: "deploy it first: qsdm quorum deploy",
    });
  }

  /** Brings a custodian that is back to what the others have, and learns what it has. */
  async catchUp(place: number): Promise<void> {
    this.#read.delete(place);
    const isNew = await this.#learn();
    await Promise.all((isNew ? this.ports.custodians.live : [place]).map((each) => this.#tell(each)));
  }

  async #tell(place: number): Promise<void> {
    const {store, custodians} = this.ports;
    const nowMs = BigInt(this.ports.nowMs());
    const withdrawals = byProgram(store.withdrawals());
    const approvals = byProgram(store.approvals().filter(({content}) => content.notAfterMs >= nowMs));
    const programs = store.programs().map((program) => async () => {
      await custodians.call(place, "install", {package: programPackage.encode(program)});
      // First: it serves nothing meanwhile that was suspended.
      for (const withdrawal of withdrawals.get(program.programId) ?? [])
        await custodians.call(place, "suspend", {withdrawal});
      for (const approval of approvals.get(program.programId) ?? [])
        await custodians.call(place, "approve", {approval});
    });
    const certificates = store
      .certificates()
      .map((certificate) => () => custodians.call(place, "commit", {certificate}));
    for (const say of [...programs, ...certificates]) if (!(await this.#said(place, say))) return;
  }

  /** What it refuses keeps nothing else from it. @returns whether it still answers */
  async #said(place: number, say: () => Promise<unknown>): Promise<boolean> {
    try {
      await say();
    } catch (err) {
      if (!(err instanceof QsdmError)) throw err;
      this.ports.log.warn({err, place}, "a custodian is behind");
      return !(err instanceof UnavailableError);
    }
    return true;
  }

  /** Whoever asks meanwhile waits for the same. @returns whether anything was new */
  #learn(): Promise<boolean> {
    this.#learning ??= this.#learnOf().finally(() => {
      this.#learning = null;
    });
    return this.#learning;
  }

  async #learnOf(): Promise<boolean> {
    const {custodians, store, log} = this.ports;
    const tellers = await custodians.statuses();
    const before = store.revision;
    for (const teller of tellers)
      try {
        for (const {programId, revision} of teller.status.programs)
          if (this.#isToRead(teller, {programId, revision}, tellers))
            await this.#readProgram(teller, programId, revision);
        await this.#readCertificates(teller);
      } catch (err) {
        if (!(err instanceof QsdmError)) throw err;
        log.warn({err, place: teller.place}, "what a custodian holds could not be read");
      }
    return store.revision !== before;
  }

  /** A program that fewer than K hold runs nowhere, and one custodian alone could make up as many as it likes. */
  #isToRead(
    {place}: Teller,
    {programId, revision}: {readonly programId: Uint8Array; readonly revision: bigint},
    tellers: readonly Teller[],
  ): boolean {
    const {store, members} = this.ports;
    if (store.program(programId)) return this.#read.get(place)?.get(hexOf(programId)) !== revision;
    const holders = tellers.filter(({status}) => status.programs.some((each) => equalBytes(each.programId, programId)));
    return holders.length >= members.k && store.programs().length < PROGRAMS_MAX;
  }

  async #readProgram({place}: Teller, programId: Uint8Array, revision: bigint): Promise<void> {
    const {store, custodians} = this.ports;
    const held = await custodians.call(place, "holding", {programId});
    const program = programPackage.decode(held.package);
    if (!equalBytes(bytesOfHex(program.programId), programId))
      throw new RuleError("HOLDING_INVALID", `custodian ${place} gave another program than it was asked for`);
    if (!store.program(programId)) store.saveProgram(program);
    const isOfIt = ({content}: {readonly content: {readonly programId: Uint8Array}}): boolean =>
      equalBytes(content.programId, programId);
    for (const signed of held.approvals.filter(isOfIt))
      if (this.#isRight(() => checkApproval(signed, this.ports, this.ports.nowMs()))) store.saveApproval(signed);
    for (const signed of held.withdrawals.filter(isOfIt))
      if (this.#isRight(() => checkWithdrawal(signed, this.ports, this.ports.nowMs()))) store.saveWithdrawal(signed);
    const read = this.#read.get(place) ?? new Map();
    this.#read.set(place, read.set(hexOf(programId), revision));
  }

  /** Whether a statement is signed and holds; a custodian may keep expired ones. */
  #isRight(check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (error instanceof RuleError) return false;
      throw error;
    }
  }

  /** Those by which the custodian uses what it uses now. */
  async #readCertificates({place, status: {epoch, programs}}: Teller): Promise<void> {
    const {store, custodians, members, verify} = this.ports;
    const known = store.certificateRuns();
    const used = new Set([epoch, ...programs.map(({sharing}) => sharing)].filter((run) => run > 0n && !known.has(run)));
    for (const run of used) {
      const {certificate} = await custodians.call(place, "certificate", {run});
      if (!certificate || certificate.job.run !== run) continue;
      checkCertificate(members, certificate, verify);
      store.saveCertificate(certificate);
    }
  }
}

function byProgram<T extends {readonly content: {readonly programId: Uint8Array}}>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const sorted = new Map<string, T[]>();
  for (const each of all) {
    const programId = hexOf(each.content.programId);
    sorted.set(programId, [...(sorted.get(programId) ?? []), each]);
  }
  return sorted;
}
