/** What a custodian holds that came through some coordinator, for the others of the roster, who were not there. */
import {programPackage} from "../../../codecs/quorum/program-package.js";
import type {Answer, CustodianMethods} from "../../../codecs/quorum/strict/calls.js";
import {result} from "../../../codecs/quorum/strict/statements.js";
import type {StrictCustodian} from "./custodian.js";

/** By program: how often what custodians signed of it changed since this process started. */
export class Revisions {
  readonly #changes = new Map<string, bigint>();

  of(programId: string): bigint {
    return this.#changes.get(programId) ?? 0n;
  }

  changed(programId: string): void {
    this.#changes.set(programId, this.of(programId) + 1n);
  }
}

/** A program with what custodians signed of it. @throws RuleError PROGRAM_UNKNOWN */
export function holdingOf(custodian: StrictCustodian, programId: Uint8Array): Answer<CustodianMethods["holding"]> {
  const {store} = custodian.ports;
  const program = custodian.program(programId);
  return {
    package: programPackage.encode(program),
    approvals: store.approvals(program.programId),
    withdrawals: store.withdrawals(program.programId),
  };
}

/** What became of a ticket that another coordinator had first. */
export function ticketOf({results, ports}: StrictCustodian, digest: Uint8Array): Answer<CustodianMethods["ticket"]> {
  const said = results.of(digest);
  return {attempt: ports.store.ticket(digest)?.attempt ?? 0, result: said && result.decode(said)};
}
