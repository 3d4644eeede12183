/** A wallet that was lost with its machine: words on paper and a capsule on a real node's chain bring it back. */
import {mkdirSync, readdirSync, readFileSync, statSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import {BIN, documentIn, qsdm, scratch, shell, untilUrl} from "./qsdm.js";

const PEER = "ab".repeat(32);

const START = `echo "correct horse" >pass
account=$(qsdm wallet create 2>/dev/null)
qsdm node init --data-dir node --chain-id lost --validator-account $account --allocate $account=100 >/dev/null 2>&1
"${process.execPath}" "${BIN}" node run --data-dir node --api-port 0 >url 2>/dev/null & echo $! >node.pid
${untilUrl("url")}
echo $account`;

test("machine B has 24 words and a node, and pays with the wallet of machine A", async () => {
  const home = scratch();
  const [a, b] = [join(home, "a"), join(home, "b")];
  mkdirSync(a);
  mkdirSync(b);
  const address = (await shell(START, {cwd: a, env: {QSDM_PASSPHRASE_FILE: "pass"}})).stdout.trim();
  const env = {QSDM_API_URL: readFileSync(join(a, "url"), "utf8").trim(), QSDM_PASSPHRASE_FILE: "pass"};
  try {
    const made = await qsdm(["wallet", "recovery", "create", "--recovery-out", "words.txt", "--json"], {cwd: a, env});
    expect(made.stderr).toMatch(/registered|applied/);
    const {locator, backup, status} = documentIn(made).data;
    expect(status).toBe("registered");
    const words = readFileSync(join(a, "words.txt"), "utf8");
    expect(statSync(join(a, "words.txt")).mode & 0o777).toBe(0o600);
    // Two that follow each other: "address" and "account" are words of the list as well as of every document.
    for (const [, one, other] of words.matchAll(/(?=\b([a-z]+) ([a-z]+))/g))
      expect(made.stdout + made.stderr).not.toMatch(new RegExp(`\\b${one}\\W+${other}\\b`));
    expect(words).toMatch(/^([a-z]+ ){23}[a-z]+\n$/);
    expect(readdirSync(join(a, ".qsdm"))).toContain(String(backup).split("/").at(-1));

    // The machine is new: no file of the old one, words typed into a pipe.
    const lost = await shell("echo battery >pass; qsdm wallet recovery open --recovery-file - --json", {
      cwd: b,
      env,
      stdin: words,
    });
    expect(documentIn(lost).data.address).toBe(address);
    expect(lost.stdout + lost.stderr).not.toContain(words.trim());
    const paid = await qsdm(["wallet", "send", PEER, "7", "--wait", "--json"], {cwd: b, env});
    expect(documentIn(paid).data).toMatchObject({sender: address, status: "applied"});
    expect((await qsdm(["wallet", "balance", PEER], {cwd: b, env})).stdout).toBe("7\n");

    const shown = await qsdm(["wallet", "recovery", "show", "--owner", address], {cwd: b, env});
    expect(shown.stdout).toContain(`${address}\t${locator}\t`);
    const again = await qsdm(["wallet", "recovery", "export", "--out", "again.txt"], {cwd: b, env});
    expect([again.stdout, readFileSync(join(b, "again.txt"), "utf8")]).toEqual([`${address}\n`, words]);
  } finally {
    await shell("kill -INT $(cat node.pid); while kill -0 $(cat node.pid) 2>/dev/null; do sleep 0.1; done", {cwd: a});
  }
});
