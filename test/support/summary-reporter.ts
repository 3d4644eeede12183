/** Ends a test run with the one line that continuous integration reads, after what skipped tests lack and what failed. */
import type {SerializedError} from "vitest";
import type {Reporter, TestCase, TestModule} from "vitest/node";
import {failureLines, failuresOf} from "./failures.js";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], outside: readonly SerializedError[]): void {
    const counts = {passed: 0, failed: 0, skipped: 0, pending: 0};
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      counts[test.result().state]++;
      if (test.result().state === "skipped") console.log(`skipped: ${test.fullName}: ${reasonOf(test)}`);
    }
    const failures = failuresOf(modules, outside);
    for (const line of failureLines(failures)) console.log(line);
    console.log(`${counts.passed} passed, ${failures.length} failed, ${counts.skipped} skipped`);
  }
}

const reasonOf = (test: TestCase): string => {
  const result = test.result();
  return result.state === "skipped" ? (result.note ?? "no reason given") : "";
};
