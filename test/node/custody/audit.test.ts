/** The audit log of a coordinator among custodians, over sealed channels on loopback. */
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import type {StrictAuditEntry} from "../../../src/codecs/quorum/strict/audit.js";
import {rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import {auditLog} from "../../../src/node/custody/log-audit.js";
import {newestCheckpoint, proveEntry} from "../../../src/node/custody/log-proof.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {openSqlite} from "../../../src/node/storage/sqlite/driver.js";
import {deskOf, keystoreOf} from "../../commands/against-node.js";
import {testAccount} from "../../support/accounts.js";
import {initTestNode, nodeGenesis, runTestNode} from "../../support/node.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

const program = packProgram(compile("input x\nmul a = x x\noutput a"), {
  policy: {budgetPerIdentity: 6n, maxEvalsPerMinute: 100n},
});

const refusal = (code: string) => expect.objectContaining({code});

const OWNED = {"custodian-0": "north", "custodian-1": "south", alice: "north"};

test("what a program of two organisations lacks is said where it is approved, and by its status", async () => {
  const quorum = await StrictQuorum.create({n: 3, k: 2, organisations: OWNED});
  onTestFinished(() => quorum.stop());
  await quorum.start();
  const shared = packProgram(compile("input x\nadd y = x x\noutput y"), {policy: {minOrganisations: 2n}});
  const client = await quorum.client(0);
  await client.deploy(shared, new Map());
  client.close();
  const keys = quorum.keys.custodians.map((seed, place) => [`/${place}.key`, `${hexOf(seed)}\n`] as const);
  const files = {"/quorum.roster": rosterFile.encode(quorum.roster), ...Object.fromEntries(keys)};
  const desk = deskOf("http://127.0.0.1:1", await keystoreOf("owner"), files);
  const documentOf = async (line: string) => {
    const {out, err} = await desk.qsdm(`quorum ${line} --roster /quorum.roster --json`);
    return {...JSON.parse(out), err};
  };
  const approve = (place: number) => documentOf(`approve ${shared.programId} --key /${place}.key`);
  const status = async () => (await documentOf(`status ${shared.programId} --key /0.key`)).data;
  expect((await status()).programs).toMatchObject([{status: "PENDING", approvals: 0, organisations_missing: 2}]);
  expect((await approve(0)).data).toMatchObject({status: "PENDING", approvals: 1, organisations_missing: 1});
  // Custodian 2 is of none.
  const second = await approve(2);
  expect(second.data).toMatchObject({status: "PENDING", approvals: 2, organisations_missing: 1});
  expect(second.err).toContain("organisations that are still to approve it: 1");
  expect((await approve(1)).data).toMatchObject({status: "ACTIVE", approvals: 3, organisations_missing: 0});
  const {programs, custodians} = await status();
  const lacks = {approvals: 3, needed: 2, organisations_missing: 0, withdrawals: 0, serving: 3};
  expect(programs).toEqual([{program_id: shared.programId, status: "ACTIVE", ...lacks}]);
  expect(custodians.map(({organisation}: {organisation: string | null}) => organisation)).toEqual([
    "north",
    "south",
    null,
  ]);
  await documentOf(`suspend ${shared.programId} --key /1.key`);
  expect((await status()).programs).toMatchObject([{status: "PENDING", organisations_missing: 1, withdrawals: 1}]);
  const unknown = await documentOf(`status ${"0".repeat(64)} --key /0.key`);
  expect(unknown).toMatchObject({error: {code: "PROGRAM_UNKNOWN"}});
});

describe("a coordinator's audit log", () => {
  let quorum: StrictQuorum;
  beforeAll(async () => {
    quorum = await StrictQuorum.create({n: 3, k: 2, organisations: OWNED});
    await quorum.start();
    const client = await quorum.client(0);
    await client.deploy(program, new Map());
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(program, BigInt(Date.now() + 86_400_000));
      operator.close();
    }
    await client.evaluate(program, new Map([["x", 7n]]));
    client.close();
  });
  afterAll(() => quorum.stop());

  const entriesOf = async (): Promise<StrictAuditEntry[]> => {
    const client = await quorum.client(1);
    const entries: StrictAuditEntry[] = [];
    await auditLog(client, [], (entry) => entries.push(entry));
    client.close();
    return entries;
  };

  test("says who asked for what and what came of it, and all custodians sign for it", async () => {
    const early = await quorum.client(0);
    await expect(newestCheckpoint(early)).rejects.toThrow(refusal("CHECKPOINT_NONE"));
    early.close();
    const entries = await entriesOf();
    const said = entries.map(({event, kind, party, outcome}) => [event, kind, party, outcome].join(" ").trim());
    expect(said).toEqual(
      expect.arrayContaining([
        "deploy  alice ok",
        "approve  custodian-0 ok",
        "approve  custodian-1 ok",
        "masks  alice ok",
        "begin evaluate alice ok",
        "end evaluate alice ok",
      ]),
    );
    expect(said.filter((each) => each.startsWith("begin")).length).toBe(
      said.filter((each) => each.startsWith("end")).length,
    );
    const operator = await quorum.operator(0);
    const {countersigned} = await operator.call("seal", {});
    expect(countersigned.countersignatures.length).toBe(3);
    const head = operator.checkpointIn(countersigned);
    expect(head.size).toBe(entries.length);
    const {newest, end} = await auditLog(operator, [head], () => undefined);
    expect([newest?.size, newest?.signers, end.size]).toEqual([entries.length, [0, 1, 2], entries.length]);
    // Nothing has happened since, so there is nothing to sign.
    expect((await operator.call("seal", {})).countersigned).toEqual(countersigned);
    operator.close();
    const client = await quorum.client(0);
    await expect(client.call("seal", {})).rejects.toThrow(expect.objectContaining({code: "METHOD_REFUSED"}));
    client.close();
  });

  test("proves that an entry is in it, and that it goes on from an earlier checkpoint", async () => {
    const operator = await quorum.operator(0);
    const before = operator.checkpointIn((await operator.call("seal", {})).countersigned);
    const client = await quorum.client(0);
    const {outputs} = await client.evaluate(program, new Map([["x", 9n]]));
    expect([...outputs]).toEqual([["a", 81n]]);
    client.close();
    const after = operator.checkpointIn((await operator.call("seal", {})).countersigned);
    const {entry, head} = await proveEntry(operator, before.size, before);
    expect([entry.index, head.root]).toEqual([BigInt(before.size), after.root]);
    await expect(proveEntry(operator, after.size, null)).rejects.toThrow(refusal("ENTRY_UNSIGNED"));
    const liar: typeof operator = Object.create(operator, {
      call: {
        value: (method: "inclusion" | "seal", ask: never) =>
          operator.call(method, method === "inclusion" ? {index: 1n, size: BigInt(after.size)} : ask),
      },
    });
    await expect(proveEntry(liar, 2, null)).rejects.toThrow(refusal("AUDIT_PROOF_WRONG"));
    const another = {size: before.size, root: after.root};
    await expect(proveEntry(operator, 0, another)).rejects.toThrow(refusal("AUDIT_FORKED"));
    const longer = {size: after.size + 1, root: after.root};
    await expect(proveEntry(operator, 0, longer)).rejects.toThrow(refusal("AUDIT_FORKED"));
    operator.close();
  });

  test("gives an organisation its own entries, which its roster alone checks", async () => {
    const files: Record<string, string | Uint8Array> = {
      "/quorum.roster": rosterFile.encode(quorum.roster),
      "/operator.key": `${hexOf(quorum.keys.custodians[0]!)}\n`,
    };
    const desk = deskOf("http://127.0.0.1:1", await keystoreOf("owner"), files);
    const documentOf = async (line: string) => {
      const {out, host} = await desk.qsdm(`${line} --roster /quorum.roster --json`);
      files["/north.log"] = host.files.get("/north.log") ?? "";
      return JSON.parse(out);
    };
    const as = "quorum audit export --key /operator.key --out /north.log --force --organisation";
    expect(await documentOf(`${as} west`)).toMatchObject({error: {code: "ORGANISATION_UNKNOWN"}});
    const {data} = await documentOf(`${as} north`);
    const whole = await entriesOf();
    const own = whole.filter(({party}) => party === "alice" || party === "custodian-0");
    expect(own.length).toBeGreaterThan(3);
    const of = {organisation: "north", entries: own.length, from: "0", to: `${whole.length}`};
    const by = {
      coordinator: "coordinator",
      signed_entries: whole.length,
      signed_by: ["custodian-0", "custodian-1", "custodian-2"],
    };
    expect(data).toMatchObject({...of, ...by, next: null});
    const verified = await documentOf("quorum audit verify --file /north.log --list");
    expect(verified.data).toMatchObject({...of, ...by});
    expect(verified.data.log.map(({index}: {index: string}) => index)).toEqual(own.map(({index}) => `${index}`));
  });

  test("commits to each result, and one result gives two commitments", async () => {
    const client = await quorum.client(0);
    for (let i = 0; i < 2; i++) await client.evaluate(program, new Map([["x", 5n]]));
    client.close();
    const ended = (await entriesOf()).filter(({event, kind}) => event === "end" && kind === "evaluate");
    const commitments = ended.slice(-2).map(({commitment}) => commitment!);
    expect(commitments[0]).toHaveLength(32);
    expect(commitments[0]).not.toEqual(commitments[1]);
  });

  test("is anchored on a ledger, by whoever can sign for it, and compared with what is there", async () => {
    const owner = testAccount("owner");
    const node = await runTestNode(await initTestNode(nodeGenesis([owner])));
    onTestFinished(() => node.stop());
    const files = {
      "/quorum.roster": rosterFile.encode(quorum.roster),
      "/operator.key": `${hexOf(quorum.keys.custodians[0]!)}\n`,
      "/alice.key": `${hexOf(quorum.keys.clients[0]!)}\n`,
    };
    const desk = deskOf(node.node.url, await keystoreOf("owner"), files);
    const as = (key: string): string => `--roster /quorum.roster --key /${key}.key --json`;
    const verify = `quorum audit verify ${as("alice")} --anchored-by ${owner.address} --api-url ${node.node.url}`;
    const documentOf = async (line: string) => JSON.parse((await desk.qsdm(line)).out);
    expect(await documentOf(verify)).toMatchObject({error: {code: "AUDIT_NOT_ANCHORED"}});
    const proved = await documentOf(`quorum audit prove 0 ${as("alice")}`);
    expect(proved.data).toMatchObject({
      entry: {index: "0", event: "deploy"},
      signed_by: ["custodian-0", "custodian-1", "custodian-2"],
    });
    const anchor = `quorum audit anchor ${as("operator")} --passphrase-file /pass --wait --yes`;
    const first = await documentOf(anchor);
    expect(first).toMatchObject({ok: true, data: {quorum: hexOf(quorum.roster.content.quorum)}});
    const verified = await documentOf(verify);
    expect(verified.data).toMatchObject({
      anchored_entries: Number(first.data.size),
      signed_entries: verified.data.entries,
    });
    expect(await documentOf(anchor)).toMatchObject({error: {code: "QUORUM_ANCHOR_BEHIND"}});
    expect(await documentOf(`quorum audit anchor --yes --json`)).toMatchObject({error: {code: "ROSTER_REQUIRED"}});
  });

  test("that its keeper rewrote is signed by nobody any more, and shown up by a kept checkpoint", async () => {
    const operator = await quorum.operator(0);
    const kept = operator.checkpointIn((await operator.call("seal", {})).countersigned);
    operator.close();
    await quorum.coordinator!.stop();
    const db = openSqlite(join(quorum.folder, "coordinator", "strict-audit.db"));
    // The last entries never were, and the checkpoints that tell of them neither.
    db.exec(`DELETE FROM entry WHERE idx >= ${kept.size - 2}; DELETE FROM checkpoint;`);
    db.exec(`DELETE FROM subtree WHERE (idx + 1) * (1 << level) > ${kept.size - 2}`);
    db.close();
    await quorum.startCoordinator();
    await quorum.settled(3);
    const client = await quorum.client(0);
    await client.evaluate(program, new Map([["x", 3n]]));
    const forked = expect.objectContaining({code: "AUDIT_FORKED"});
    await expect(auditLog(client, [kept], () => undefined)).rejects.toThrow(forked);
    client.close();
    const again = await quorum.operator(0);
    await expect(again.call("seal", {})).rejects.toThrow(
      expect.objectContaining({code: expect.stringMatching(/^(AUDIT_CHAIN_BROKEN|CHECKPOINT_INVALID)$/)}),
    );
    for (const place of [0, 1, 2]) await quorum.stopCustodian(place);
    await quorum.settled(0);
    await expect(again.call("seal", {})).rejects.toThrow("only 0/2 custodians signed the checkpoint");
    again.close();
  });
});
