/** What a coordinator brings to a custodian that was away. */
import {join} from "node:path";
import {expect, test} from "vitest";
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import {packProgram, programPackage} from "../../../src/codecs/quorum/program-package.js";
import {Learner, type LearnerPorts} from "../../../src/node/custody/learner.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {SqliteStrictCoordinatorStore} from "../../../src/node/storage/quorum/strict-coordinator-store.js";
import {scratchDirectory} from "../../support/chain.js";
import {StrictMachines} from "../../support/strict-machines.js";

test("a custodian that refuses one program hears who suspended the others", async () => {
  const machines = await StrictMachines.create({n: 3, k: 2});
  const [custodian] = machines.custodians;
  const store = SqliteStrictCoordinatorStore.open(join(scratchDirectory(), "coordinator.db"));
  const pack = (constant: number, minOrganisations?: bigint) =>
    packProgram(
      compile(`input x\nconst c = ${constant}\nadd y = x c\noutput y`),
      minOrganisations ? {policy: {minOrganisations}} : {},
    );
  // No custodian of this roster is of any.
  const refused = pack(1, 2n);
  const others = [pack(2), pack(3)];
  for (const program of [refused, ...others]) {
    store.saveProgram(program);
    for (const place of [0, 1]) store.saveApproval(machines.approval(program, place));
    store.saveWithdrawal(machines.withdrawal(program, 1));
  }
  const quiet = () => undefined;
  const calls = {
    live: [0],
    statuses: async () => [],
    async call(_: number, method: string, ask: Record<string, never>) {
      if (method === "install") custodian!.install(ask.package!);
      if (method === "approve") custodian!.approve(ask.approval!, machines.nowMs);
      if (method === "suspend") custodian!.suspend(ask.withdrawal!, machines.nowMs);
    },
  };
  const {members} = machines.quorum;
  const verify = () => true;
  const ports = {...{members, store, verify, custodians: calls, nowMs: () => machines.nowMs}, log: {warn: quiet}};
  await new Learner(ports as unknown as LearnerPorts).catchUp(0);
  const {programs} = custodian!.status(machines.nowMs, 0);
  const of = (id: string) => programs.find(({programId}) => programId.toString() === bytesOfHex(id).toString());
  for (const {programId} of others) expect(of(programId)).toMatchObject({approvals: 1, withdrawals: 1});
  expect(of(refused.programId)).toBeUndefined();
  expect(() => custodian!.install(programPackage.encode(refused))).toThrow("organisations");
  store.close();
  await machines.stop();
});
