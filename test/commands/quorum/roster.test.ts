/** `qsdm quorum roster`: who takes part, who runs them, and who has signed that. */
import {describe, expect, test} from "vitest";
import {base64Of, hexOf} from "../../../src/codecs/bytes.js";
import {encodeCbor} from "../../../src/codecs/cbor/cbor.js";
import {cardFile, rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import {run} from "../../../src/commands/run.js";
import {Party} from "../../../src/node/custody/party.js";
import {loadPartySuite} from "../../../src/node/quorum-strict.js";
import {memoryHost} from "../memory-host.js";

const suite = await loadPartySuite();
const NAMES = ["custodian-0", "custodian-1", "custodian-2", "coordinator", "alice", "bob"];
const files: Record<string, string | Uint8Array> = Object.fromEntries(
  NAMES.flatMap((name, at) => {
    const seed = new Uint8Array(32).fill(at + 1);
    return [
      [`/${name}.card`, cardFile.encode(new Party(seed, suite).card(name))],
      [`/${name}.key`, `${hexOf(seed)}\n`],
    ];
  }),
);

async function qsdm(line: string) {
  const host = memoryHost({argv: [...line.split(/\s+/), "--json"], files});
  const status = await run(host);
  for (const [path, bytes] of host.files) files[path] = bytes;
  const {data, error} = JSON.parse(host.out());
  return {status, data, code: error?.code as string | undefined, message: error?.message as string, err: host.err()};
}
const CREATE = `quorum roster create --threshold 2 --out /roster --force
  --custodian /custodian-0.card@10.0.0.1:9200 --custodian /custodian-1.card@10.0.0.2:9200
  --custodian /custodian-2.card@10.0.0.3:9200 --coordinator /coordinator.card@10.0.0.9:9209
  --client /alice.card --client /bob.card`;
const TWO = "--organisation north=custodian-0,alice --organisation south=custodian-1,custodian-2,coordinator";

describe("a roster with organisations", () => {
  test("says who runs which parties, and how many of them a program needs", async () => {
    expect(await qsdm(`${CREATE} ${TWO} --approval-organisations 2`)).toMatchObject({status: 0});
    for (const at of [0, 1, 2])
      expect(await qsdm(`quorum roster sign /roster --key /custodian-${at}.key`)).toMatchObject({status: 0});
    const {data, err} = await qsdm("quorum roster verify /roster");
    expect(data).toMatchObject({
      approval_organisations: 2,
      custodians: [{organisation: "north"}, {organisation: "south"}, {organisation: "south"}],
      coordinators: [{name: "coordinator", organisation: "south"}],
      clients: [
        {name: "alice", organisation: "north"},
        {name: "bob", organisation: null},
      ],
    });
    expect(err).toContain("custodian 0  custodian-0  10.0.0.1:9200  north");
    expect(err).toContain("south runs 2 custodians: it can open every value alone");
    expect(err).not.toContain("north runs");
  });

  test("without any it asks for none", async () => {
    expect(await qsdm(CREATE)).toMatchObject({status: 0});
    expect(rosterFile.decode(new Uint8Array(files["/roster"] as Uint8Array)).content).toMatchObject({
      approvalOrganisations: 1,
      custodians: Array(3).fill({organisation: ""}),
    });
  });

  test.each([
    ["more organisations than custodians have", `${TWO} --approval-organisations 3`, 3, "ROSTER_INVALID"],
    ["organisations where custodians have none", "--approval-organisations 2", 3, "ROSTER_INVALID"],
    [
      "a custodian of no organisation for one",
      "--organisation n=custodian-0 --approval-organisations 2",
      3,
      "ROSTER_INVALID",
    ],
    ["no organisation at all", `${TWO} --approval-organisations 0`, 2, "FLAG_INVALID"],
    ["a party that is not there", "--organisation north=carol", 2, "PARTY_UNKNOWN"],
    ["a party twice", "--organisation north=alice --organisation south=alice", 2, "ORGANISATION_AMBIGUOUS"],
    ["a name in capitals", "--organisation North=alice", 2, "FLAG_INVALID"],
    ["a name alone", "--organisation north", 2, "FLAG_INVALID"],
    ["an empty party", "--organisation north=alice,", 2, "PARTY_UNKNOWN"],
  ])("takes not %s", async (_, flags, status, code) => {
    expect(await qsdm(`${CREATE} ${flags}`)).toMatchObject({status, code});
  });
});

test("who agrees to the next roster hears which custodians and organisations are still to do so", async () => {
  await qsdm(`${CREATE} ${TWO} --approval-organisations 2`);
  await qsdm(`${CREATE.replace("/roster", "/next")} --follows /roster`);
  const agree = (at: number) => qsdm(`quorum roster sign /next --previous /roster --key /custodian-${at}.key`);
  expect((await agree(1)).data).toMatchObject({custodian: "custodian-1", missing: 1, organisations_missing: 1});
  expect((await agree(2)).data).toMatchObject({missing: 0, organisations_missing: 1});
  expect((await agree(2)).err).toContain("organisations of /roster that are still to agree: 1");
  expect((await agree(0)).data).toMatchObject({missing: 0, organisations_missing: 0});
});

test("who agrees to a roster with a weaker rule of organisations is warned of it", async () => {
  await qsdm(`${CREATE} ${TWO} --approval-organisations 2`);
  const weaker = "by the next roster 1 organisations have to approve a program, and 2 by this one";
  for (const [flags, warned] of [
    ["", true],
    [TWO, true],
    [`${TWO} --approval-organisations 2`, false],
  ] as const) {
    await qsdm(`${CREATE.replace("/roster", "/next")} --follows /roster --force ${flags}`);
    const {err} = await qsdm("quorum roster sign /next --previous /roster --key /custodian-0.key");
    expect(err.includes(weaker)).toBe(warned);
  }
});

test("a roster of the version before is refused, with what to do", async () => {
  const wire = encodeCbor(["qvm/roster/1/signed", ["qvm/roster/1"], [], []]);
  files["/old.roster"] = `qsdm-quorum-roster ${base64Of(wire)}\n`;
  expect(await qsdm("quorum roster verify /old.roster")).toMatchObject({status: 3, code: "ROSTER_OUTDATED"});
  files["/odd.roster"] = `qsdm-quorum-roster ${base64Of(encodeCbor(["qvm/roster/3/signed"]))}\n`;
  expect(await qsdm("quorum roster verify /odd.roster")).toMatchObject({status: 3, code: "FIELD_INVALID"});
});
