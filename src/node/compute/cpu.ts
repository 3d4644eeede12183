/** The rules' own code on one core: slowest, always there, and the reference. */
import {sha3} from "../../codecs/hash.js";
import {extendDag} from "../ledger/mining/dag.js";
import {solveSlice} from "../ledger/mining/solve.js";
import {mixDigest} from "../ledger/mining/walk.js";
import type {ComputeBackend} from "./backend.js";
import {bigintField} from "./field.js";
import {loadMlDsa} from "./ml-dsa.js";
import {loadPedersen} from "./pedersen.js";

export const cpuBackend: ComputeBackend = {
  name: "cpu",
  detail: "node:crypto, one hash at a time",
  sliceAttempts: 16,
  sha3: (messages) => messages.map((message) => sha3(message)),
  extendDags: (runs) => runs.forEach(extendDag),
  mixDigests: (dag, starts, version) => starts.map((start) => mixDigest(dag, start, version)),
  prepareTable: () => undefined,
  solveSlice,
  mlDsa: loadMlDsa,
  field: bigintField,
  pedersen: loadPedersen,
  openPool: null,
};
