/** Ends a test run with the one line that continuous integration reads, and names what skipped tests lack. */
import type {Reporter, TestCase, TestModule} from "vitest/node";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = {passed: 0, failed: 0, skipped: 0, pending: 0};
    for (const module of modules) {
      if (module.state() === "failed" && module.children.size === 0) counts.failed++;
      for (const test of module.children.allTests()) {
        counts[test.result().state]++;
        if (test.result().state === "skipped") console.log(`skipped: ${test.fullName}: ${reasonOf(test)}`);
      }
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

const reasonOf = (test: TestCase): string => {
  const result = test.result();
  return result.state === "skipped" ? (result.note ?? "no reason given") : "";
};
