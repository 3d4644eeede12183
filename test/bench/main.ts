/** Runs the benchmarks under test/bench, or those whose file name starts with an argument, one after the other. */
import {readdirSync} from "node:fs";

interface Bench {
  readonly name: string;
  run(print: (line: string) => void): Promise<void>;
}

const wanted = process.argv.slice(2);
const files = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((each) => file.startsWith(each)))
  .sort();

console.log(`node ${process.version}, ${process.platform} ${process.arch}`);
for (const file of files) {
  const bench = (await import(new URL(file, import.meta.url).href)) as Bench;
  console.log(`\n${bench.name}`);
  await bench.run((line) => console.log(`  ${line}`));
}
if (files.length === 0) {
  console.error(`no benchmark matches ${wanted.join(", ")}`);
  process.exitCode = 2;
}
