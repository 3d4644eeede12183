/** What failed in a test run, in lines that fit into the tail of a log. */
import {relative} from "node:path";
import {stripVTControlCharacters} from "node:util";
import type {SerializedError} from "vitest";
import type {TestModule} from "vitest/node";

/** Something that failed: a test, a hook around tests, a file that did not load, or an error outside of all tests. */
export interface Failure {
  what: string;
  error?: SerializedError;
}

const MOST_FAILURES = 10;
const MESSAGE_LINES = 3;
const LINE_CHARS = 240;

/** In the order of the files. A hook that throws skips or spares its tests, so that it counts for itself. */
export function failuresOf(modules: readonly TestModule[], outside: readonly SerializedError[]): Failure[] {
  const found: Failure[] = [];
  for (const module of modules) {
    const file = module.relativeModuleId;
    for (const error of module.errors()) found.push({what: file, error});
    for (const suite of module.children.allSuites())
      for (const error of suite.errors()) found.push({what: `${file} > ${suite.fullName}`, error});
    for (const test of module.children.allTests()) {
      const {state, errors} = test.result();
      const what = `${file} > ${test.fullName}`;
      if (state === "failed") found.push({what, error: errors?.[0]});
      if (state === "pending") found.push({what: `${what}: did not finish`});
    }
  }
  return [...found, ...outside.map((error) => ({what: "outside of all tests", error}))];
}

/** Every line begins with `failed: `, by which `.ci/run` finds it again; all together are at most 42. */
export function failureLines(failures: readonly Failure[]): string[] {
  const lines = failures
    .slice(0, MOST_FAILURES)
    .flatMap(({what, error}) => [`${what} (Node ${process.version})`, ...(error ? errorLines(error) : [])]);
  if (failures.length > MOST_FAILURES) lines.push(`and ${failures.length - MOST_FAILURES} more`);
  return lines.map((line) => `failed: ${line.slice(0, LINE_CHARS)}`);
}

function errorLines({message, stacks}: SerializedError): string[] {
  const frame = stacks?.[0];
  const text = stripVTControlCharacters(message).split("\n");
  const place = frame ? [`  at ${relative(process.cwd(), frame.file)}:${frame.line}`] : [];
  return [
    ...text
      .filter((line) => line.trim() !== "")
      .slice(0, MESSAGE_LINES)
      .map((line) => `  ${line}`),
    ...place,
  ];
}
