/** The clock of a running node. */
import {JITTER_BPS_MAX} from "../consensus/hotstuff/pacemaker.js";
import type {Clock} from "./ports.js";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, job) {
    if (ms <= 0) {
      // A timer would take a millisecond at least, and a write waits for four of them.
      const next = setImmediate(job);
      return () => clearImmediate(next);
    }
    const timer = setTimeout(job, ms);
    return () => clearTimeout(timer);
  },
  jitterBps: () => Math.round((Math.random() * 2 - 1) * JITTER_BPS_MAX),
};
