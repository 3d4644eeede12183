/** Recorded runs of the reference's slash-helper: the bytes and the verdicts are matched, wording and exit codes are ours. */
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import vectors from "./evidence.vectors.json" with {type: "json"};
import {documentIn, qsdm, scratch} from "./qsdm.js";

for (const {name, args, files, stdin, exit_code, stdout, written} of vectors.cases) {
  const cwd = () => {
    const folder = scratch();
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text!);
    return folder;
  };
  if (args[1] === "inspect" && exit_code === 0)
    test(`${name}: the same facts, whether the kind is named or not`, async () => {
      const facts = ({attest_bundle, epoch, height, ...rest}: Record<string, unknown>) => ({
        ...rest,
        epoch: String(epoch),
        height: String(height),
        attest_bundle_bytes: Number.parseInt(String(attest_bundle), 10),
      });
      const {proof_a, proof_b, anchor_height, anchor_block_time, staleness_secs, ...rest} = JSON.parse(stdout);
      const expected = {
        ...rest,
        proof_a: facts(proof_a),
        ...(proof_b ? {proof_b: facts(proof_b)} : {}),
        ...(anchor_height
          ? {
              anchor_height: String(anchor_height),
              anchor_block_time: String(anchor_block_time),
              staleness_secs: String(staleness_secs),
            }
          : {}),
      };
      const folder = cwd();
      const unnamed = args.filter((argument) => !argument.startsWith("--kind"));
      for (const given of [args, unnamed])
        expect(documentIn(await qsdm([...given, "--json"], {cwd: folder, stdin})).data).toMatchObject(expected);
    });
  else if (exit_code === 0)
    test(`${name}: the same bytes`, async () => {
      const folder = cwd();
      const ran = await qsdm(args, {cwd: folder, stdin});
      expect(ran.status).toBe(0);
      if (!written) return expect(ran.stdout).toBe(stdout);
      for (const [file, {hex}] of Object.entries(written as Record<string, {hex: string}>))
        expect(readFileSync(join(folder, file)).toString("hex")).toBe(hex);
    });
  else
    test(`${name}: refused as well`, async () => {
      const ran = await qsdm(args, {cwd: cwd(), stdin});
      expect([ran.status, ran.stdout]).toEqual([3, ""]);
    });
}

test("--print-cmd prints the command that submits the evidence, ready for a shell", async () => {
  const folder = scratch();
  for (const [file, text] of Object.entries(vectors.cases[0]!.files)) writeFileSync(join(folder, file), text!);
  const args = ["--proof-a=a.json", "--proof-b=b.json", "--out=my ev", "--memo=it's", "--print-cmd"];
  const {stderr} = await qsdm(["slash-helper", "double-mining", ...args], {cwd: folder});
  expect(stderr).toContain(
    "\nqsdm slash --node-id ut5__pacx --evidence-kind double-mining --evidence-file 'my ev' " +
      "--amount 1000000000 --memo 'it'\\''s'\n",
  );
});

test("a proof file that is empty or no proof is refused with the flag's name", async () => {
  const cwd = scratch();
  writeFileSync(join(cwd, "a.json"), " \n");
  writeFileSync(join(cwd, "b.json"), '{"version":8}');
  const run = (a: string, b: string) => qsdm(["slash-helper", "double-mining", "--proof-a", a, "--proof-b", b], {cwd});
  expect((await run("a.json", "b.json")).stderr).toContain("--proof-a: the file is empty");
  expect((await run("b.json", "a.json")).stderr).toContain("--proof-a: mining: parse epoch");
});
