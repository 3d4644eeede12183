/** When a change takes effect: at a height, or so many blocks from now. */
import type {Command} from "commander";
import {UsageError} from "../../errors.js";
import {u64Flag} from "../flags.js";

export interface WhenFlags {
  readonly effectiveHeight?: bigint;
  readonly inBlocks?: bigint;
}

export const addWhenFlags = (command: Command): Command =>
  command
    .option("--effective-height <height>", "first height that runs under the change", u64Flag)
    .option("--in-blocks <count>", "the same above the present height", u64Flag);

/** @throws UsageError FLAG_MISSING, FLAG_CONFLICT */
export function checkWhen({effectiveHeight, inBlocks}: WhenFlags): void {
  if (effectiveHeight === undefined && inBlocks === undefined)
    throw new UsageError("FLAG_MISSING", "nothing says when the change takes effect", {
      hint: "pass --effective-height or --in-blocks, and leave the other authorities time to vote",
    });
  if (effectiveHeight !== undefined && inBlocks !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--effective-height and --in-blocks exclude each other");
}

export const heightOf = ({effectiveHeight, inBlocks}: WhenFlags, tip: bigint): bigint =>
  effectiveHeight ?? tip + inBlocks!;
