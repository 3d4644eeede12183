/** Programs of several organisations: whose approvals let one run. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../../src/codecs/bytes.js";
import {packProgram, programPackage} from "../../../../src/codecs/quorum/program-package.js";
import type {Card, Roster} from "../../../../src/codecs/quorum/strict/roster.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {checkCountable} from "../../../../src/node/quorum/strict/organisation-budget.js";
import {checkReachable, organisationsNeeded} from "../../../../src/node/quorum/strict/organisations.js";
import {StrictMachines} from "../../../support/strict-machines.js";

const ORGANISATIONS = {
  ...{"custodian-0": "north", "custodian-1": "north", "custodian-2": "north"},
  ...{"custodian-4": "south", alice: "north", bob: "south"},
};
const ORGANISATIONS_OF_THREE = {"custodian-0": "north", "custodian-1": "north", "custodian-2": "south"};
const source = (constant: number) => compile(`input x\nconst c = ${constant}\nadd y = x c\noutput y`);
const refusal = (code: string, hint = "") => expect.objectContaining({code, hint: expect.stringContaining(hint)});

describe("three of five custodians, approvals from two organisations", () => {
  let machines: StrictMachines;
  beforeAll(async () => {
    const shape = {n: 5, k: 3, organisations: ORGANISATIONS, approvalOrganisations: 2};
    machines = await StrictMachines.create(shape);
  });
  afterAll(() => machines.stop());

  const program = packProgram(source(1));
  const standing = (of = program) => {
    const {programs} = machines.custodians[0]!.status(machines.nowMs, 0);
    const {approvals, organisationsMissing, active} = programs.find(
      ({programId}) => programId.toString() === bytesOfHex(of.programId).toString(),
    )!;
    return {approvals, organisationsMissing, active};
  };
  const approve = (place: number, of = program) => {
    for (const custodian of machines.custodians) custodian.approve(machines.approval(of, place), machines.nowMs);
    return standing(of);
  };
  const isActive = () => machines.custodians[0]!.activeProgram(bytesOfHex(program.programId), machines.nowMs);

  test("K approvals of one organisation are not enough, and a custodian of none adds none", () => {
    for (const custodian of machines.custodians) custodian.install(programPackage.encode(program));
    expect(standing()).toEqual({approvals: 0, organisationsMissing: 2, active: false});
    expect(approve(0)).toEqual({approvals: 1, organisationsMissing: 1, active: false});
    approve(1);
    expect(approve(2)).toEqual({approvals: 3, organisationsMissing: 1, active: false});
    expect(isActive).toThrow(refusal("PROGRAM_INACTIVE", "organisations that are still to give one: 1"));
    expect(approve(3)).toEqual({approvals: 4, organisationsMissing: 1, active: false});
  });

  test("one of another organisation completes them, and who takes its word back takes that away", () => {
    expect(approve(4)).toEqual({approvals: 5, organisationsMissing: 0, active: true});
    expect(isActive()).toEqual(expect.objectContaining({programId: program.programId}));
    for (const custodian of machines.custodians) custodian.suspend(machines.withdrawal(program, 4), machines.nowMs);
    expect(standing()).toEqual({approvals: 4, organisationsMissing: 1, active: false});
    expect(isActive).toThrow(refusal("PROGRAM_INACTIVE"));
    for (const custodian of machines.custodians)
      custodian.suspend(machines.withdrawal(program, 4, {withdrawn: false, atMs: machines.nowMs + 1}), machines.nowMs);
    expect(standing().active).toBe(true);
  });

  test("a program's policy asks for more than the roster, and for less than it in vain", () => {
    const three = packProgram(source(2), {policy: {minOrganisations: 3n}});
    for (const custodian of machines.custodians)
      expect(() => custodian.install(programPackage.encode(three))).toThrow(refusal("ORGANISATIONS_TOO_FEW"));
    const {roster} = machines.quorum.members;
    const asks = (minOrganisations: bigint | undefined, approvalOrganisations: number) =>
      organisationsNeeded({policy: minOrganisations ? {minOrganisations} : {}}, {approvalOrganisations});
    expect([asks(undefined, 1), asks(2n, 1), asks(2n, 3), asks(3n, 2)]).toEqual([1, 2, 3, 3]);
    expect(() => checkReachable({policy: {minOrganisations: 2n}}, roster)).not.toThrow();
    const nobodys = {...roster, custodians: roster.custodians.map((each) => ({...each, organisation: ""}))};
    expect(() => checkReachable({policy: {}}, {...nobodys, approvalOrganisations: 1})).not.toThrow();
    expect(() => checkReachable({policy: {minOrganisations: 2n}}, {...nobodys, approvalOrganisations: 1})).toThrow(
      refusal("ORGANISATIONS_TOO_FEW"),
    );
  });

  test("an approval that has expired counts for no organisation", () => {
    machines.nowMs += 10 ** 9 + 1;
    expect(standing()).toEqual({approvals: 0, organisationsMissing: 2, active: false});
    machines.nowMs -= 10 ** 9 + 1;
  });
});

test("a policy that asks for two organisations is kept by custodians whose roster asks for none", async () => {
  const machines = await StrictMachines.create({n: 3, k: 2, organisations: ORGANISATIONS_OF_THREE});
  const program = packProgram(source(3), {policy: {minOrganisations: 2n}});
  const [custodian] = machines.custodians;
  custodian!.install(programPackage.encode(program));
  const missing = (place: number): number => {
    custodian!.approve(machines.approval(program, place), machines.nowMs);
    return custodian!.status(machines.nowMs, 0).programs[0]!.organisationsMissing;
  };
  expect([missing(0), missing(1)]).toEqual([1, 1]);
  const isActive = () => custodian!.activeProgram(bytesOfHex(program.programId), machines.nowMs);
  expect(isActive).toThrow(refusal("PROGRAM_INACTIVE", "organisations that are still to give one: 1"));
  expect(missing(2)).toBe(0);
  expect(isActive).not.toThrow();
  await machines.stop();
});

test.each([0n, 1n, 17n])("no package asks for %d organisations", (minOrganisations) => {
  const written = programPackage.encode(packProgram(source(4), {policy: {minOrganisations}}));
  expect(() => programPackage.decode(written)).toThrow(expect.objectContaining({code: "PACKAGE_INVALID"}));
});

test("a program that counts organisations is for a roster whose clients are of some", () => {
  const counts = {policy: {budgetPerOrganisation: 5n}};
  const client = {card: {} as Card, organisation: ""};
  const roster = {clients: [client]} as unknown as Roster;
  expect(() => checkCountable(counts, roster)).toThrow(refusal("ORGANISATION_REQUIRED"));
  expect(() => checkCountable({policy: {}}, roster)).not.toThrow();
  const named = {clients: [client, {...client, organisation: "north"}]} as unknown as Roster;
  expect(() => checkCountable(counts, named)).not.toThrow();
});

test("what clients of an organisation spent survives a restart", async () => {
  const organisations = {alice: "north", bob: "north"};
  const machines = await StrictMachines.create({n: 3, k: 2, organisations});
  const program = packProgram(source(5), {policy: {budgetPerIdentity: 9n, budgetPerOrganisation: 2n}});
  const spend = async (client: "alice" | "bob") => {
    const {signed} = machines.ticket(program, new Map([["x", 1n]]), {client});
    return (await machines.perform(machines.evaluation(program, signed))).map(({code}) => code);
  };
  await machines.prepare(program, new Map());
  expect(await spend("alice")).toEqual([null, null, null]);
  for (const place of machines.everyone) machines.restart(place);
  expect(await spend("bob")).toEqual([null, null, null]);
  expect(await spend("alice")).toEqual(Array(3).fill("ORGANISATION_BUDGET_EXHAUSTED"));
  expect(await spend("bob")).toEqual(Array(3).fill("ORGANISATION_BUDGET_EXHAUSTED"));
  await machines.stop();
});
