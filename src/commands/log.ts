/** Logs of long-running commands: one JSON object per line on standard error. */
import {pino} from "pino";
import type {Log} from "../node/service.js";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log at `level`. Written synchronously: the line before a crash is the one that matters. */
export function createLog(level: LogLevel): Log {
  const serializers = {err: pino.stdSerializers.err};
  const formatters = {
    log: (fields: object) =>
      Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, typeof v === "bigint" ? v.toString() : v])),
  };
  return pino(
    {level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers, formatters},
    pino.destination({dest: 2, sync: true}),
  );
}
