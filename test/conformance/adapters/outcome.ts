/** Result of one step of a recorded script: what it answers, or the text of its refusal. */
import {QsdmError} from "../../../src/errors.js";

export function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof QsdmError) return {error: error.message};
    throw error;
  }
}
