/** Finality proofs as a user gets and checks them: processes, files and pipes, and a node behind a port. */
import {copyFileSync, readFileSync, writeFileSync} from "node:fs";
import path from "node:path";
import {expect, test} from "vitest";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {documentIn, qsdm, scratch, shell} from "./qsdm.js";

test("a proof is fetched, checked offline, and refused where it was changed or is of another chain", async () => {
  const genesis = nodeGenesis([testAccount("owner")]);
  const cwd = scratch();
  const running = await runTestNode(await initTestNode(genesis));
  const env = {QSDM_API_URL: running.node.url};
  copyFileSync(path.join(running.dataDir, "genesis.json"), path.join(cwd, "genesis.json"));
  await eventually(() => running.client.block({height: 2n}));
  const block = await running.client.block({height: 2n});

  const fetched = await qsdm(["finality", "fetch", "2", "--out", "final.bin"], {cwd, env});
  expect([fetched.status, fetched.stdout]).toEqual([0, "final.bin\n"]);
  const absent = await qsdm(["finality", "fetch", "99999999", "--json"], {cwd, env});
  expect([absent.status, documentIn(absent).error.code]).toEqual([3, "BLOCK_NOT_FOUND"]);
  const piped = await shell("qsdm finality fetch 2 | qsdm finality verify - --genesis genesis.json", {cwd, env});
  await running.stop();

  const fields = piped.stdout.trimEnd().split("\t");
  expect(fields.slice(0, 2)).toEqual(["2", block.id]);
  expect(fields[4]).toBe(block.parentStateRoot);
  const verified = await qsdm("finality verify final.bin --genesis genesis.json --json".split(" "), {cwd});
  expect(documentIn(verified).data).toMatchObject({id: block.id, height: "2", validators: [{power: "1"}]});

  const bytes = readFileSync(path.join(cwd, "final.bin"));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path.join(cwd, "bad.bin"), bytes);
  const changed = await qsdm("finality verify bad.bin --genesis genesis.json".split(" "), {cwd});
  expect([changed.status, changed.stdout]).toEqual([3, ""]);
  expect(changed.stderr).toMatch(/^qsdm: error: /);

  writeFileSync(path.join(cwd, "other.json"), formatGenesis({...genesis, chainId: "other"}));
  const other = await qsdm("finality verify final.bin --genesis other.json --json".split(" "), {cwd});
  expect([other.status, documentIn(other).error.code]).toEqual([3, "FINALITY_INVALID"]);
  expect(documentIn(other).error.hint).not.toBeNull();
  expect(documentIn(await qsdm(["inspect", "final.bin", "--json"], {cwd})).data.kind).toBe("finality proof");
});
