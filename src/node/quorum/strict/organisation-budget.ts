/** What all clients of one organisation spend of a program together. */
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";
import type {Roster} from "../../../codecs/quorum/strict/roster.js";
import {RuleError} from "../../../errors.js";
import {organisationsOf} from "./organisations.js";
import type {StrictStore} from "./store.js";

/** What one of them is about to spend. */
interface Spending {
  readonly programId: string;
  readonly policy: PolicyManifest;
  /** Of the client; empty where the roster names none. */
  readonly organisation: string;
  readonly cost: bigint;
}

/**
 * @returns writes down what the organisation has spent once this is paid
 * @throws RuleError ORGANISATION_REQUIRED, ORGANISATION_BUDGET_EXHAUSTED
 */
export function payTogether(
  books: Pick<StrictStore, "spent" | "saveSpent">,
  {programId, policy: {budgetPerOrganisation: budget}, organisation, cost}: Spending,
): () => void {
  if (budget === undefined) return () => undefined;
  // As one of its own it would have a budget of its own, and whoever leaves the name out another for each client.
  if (organisation === "")
    throw new RuleError(
      "ORGANISATION_REQUIRED",
      "the program counts what organisations spend, and this client is of none",
      {
        hint: "the roster says who runs a client: qsdm quorum roster create --organisation",
      },
    );
  const whose = `organisation ${organisation}`;
  const before = books.spent(programId, whose);
  const remaining = budget - before;
  if (remaining < cost)
    throw new RuleError(
      "ORGANISATION_BUDGET_EXHAUSTED",
      `budget of organisation ${organisation} exhausted (remaining=${remaining}, cost=${cost})`,
      {
        hint: "its clients spent it together; a program with another policy has another id, and needs approvals of its own",
      },
    );
  return () => books.saveSpent(programId, whose, before + cost);
}

/** Refuses a program that counts organisations where no client is of one. @throws RuleError ORGANISATION_REQUIRED */
export function checkCountable({policy}: {readonly policy: PolicyManifest}, {clients}: Roster): void {
  if (policy.budgetPerOrganisation === undefined || organisationsOf(clients).size > 0) return;
  throw new RuleError("ORGANISATION_REQUIRED", "the program counts what organisations spend, and no client is of one", {
    hint: "the roster says who runs a client: qsdm quorum roster create --organisation",
  });
}
