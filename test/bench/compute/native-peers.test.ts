import {expect, test} from "vitest";
import {operationsOf} from "./native-peers.js";

test("liboqs' table is read by its operations, whatever stands around it", () => {
  const table = `Speed test
==========
Started at 2025-01-01 00:00:00
Operation                            | Iterations | Total time (s) | Time (us): mean | pop. stdev | CPU cycles: mean          | pop. stdev
------------------------------------ | ----------:| --------------:| ---------------:| ----------:| -------------------------:| ----------:
ML-KEM-768                           |            |                |                 |            |                           |
keygen                               |     133038 |          1.000 |           7.517 |      1.203 |                     18755 |       2969
encaps                               |     126264 |          1.000 |           7.920 |      1.115 |                     19762 |       2755
Ended at 2025-01-01 00:00:03
`;
  expect(operationsOf(table)).toEqual({keygen: 7.517, encaps: 7.92});
  expect(operationsOf("Algorithm not enabled")).toEqual({});
});
