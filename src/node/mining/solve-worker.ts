/**
 * One searching thread. It runs in slices and looks at the shared board between them, so a search that is no longer
 * wanted ends within a slice, without a message that a busy thread could not read.
 */
import {parentPort, workerData} from "node:worker_threads";
import {InvariantError} from "../../errors.js";
import {openBackend} from "../compute/backend.js";
import {advanceNonce} from "../ledger/mining/pow.js";
import type {FromWorker, ToWorker, WorkerSetup} from "./solve-message.js";
import type {SharedDag} from "./solver.js";

const {thread, board, backend: name, device} = workerData as WorkerSetup;
const backend = await openBackend(name, device);
let table: SharedDag | null = null;

function run({id, search, start}: Extract<ToWorker, {kind: "search"}>): void {
  if (!table) throw new InvariantError("a search came before the table");
  let nonce = start;
  while (Atomics.load(board.wanted, 0) === id) {
    const {solution, attempts} = backend.solveSlice({...search, table}, nonce, backend.sliceAttempts);
    Atomics.add(board.attempts, thread, BigInt(attempts));
    if (solution) {
      parentPort!.postMessage({id, solution} satisfies FromWorker);
      return;
    }
    nonce = advanceNonce(nonce, BigInt(attempts));
  }
}

parentPort!.on("message", (message: ToWorker) => {
  if (message.kind === "table") table = message.table;
  else if (message.kind === "search") run(message);
  else {
    backend.close?.();
    parentPort!.close();
  }
});
