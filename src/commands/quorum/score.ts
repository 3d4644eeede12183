/** The credit score of the tours: a lender's weights, two applicants, and what stops those who ask too often. */
import {InvariantError, RuleError} from "../../errors.js";

/** Weights and bias are the lender's, the inputs the applicant's. A long history forgives debt: one product of inputs. */
export const SCORE_SOURCE = `# credit score
input income
input debt
input years
secret w_income
secret w_debt
secret w_years
secret w_both
secret bias
mul both = debt years
dot weighted = w_income income w_debt debt w_years years w_both both
add score = weighted bias
output score
`;
export const WEIGHTS = new Map(Object.entries({w_income: 3n, w_debt: -5n, w_years: 10n, w_both: 1n, bias: 200n}));
export const APPLICANTS = [
  {name: "alice", inputs: {income: 52n, debt: 20n, years: 6n}},
  {name: "bob", inputs: {income: 31n, debt: 60n, years: 1n}},
];
/** Fewer answers than give the weights away, by what lint counts. */
export const POLICY = {costPerEval: 1n, budgetPerIdentity: 2n, maxEvalsPerMinute: 10n};

/** Why `work` was refused. */
export async function refusalOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
  throw new InvariantError("the budget did not end");
}
