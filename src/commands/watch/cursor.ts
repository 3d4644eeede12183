/**
 * Where a watcher has come to, in a file, so that the next start goes on there. The file is replaced whole after what it
 * covers was told, so an event can be told twice and is never left out.
 */
import {parseJson} from "../../codecs/api/json.js";
import {count, decimal, nullable, object, type Shape, text, type ValueOf} from "../../codecs/api/shape.js";
import {textOf, utf8} from "../../codecs/bytes.js";
import {QsdmError, UsageError} from "../../errors.js";
import type {Disk} from "../disk.js";

const cursor = object({
  schema: count,
  /** What is watched. */
  subject: text,
  /** The chain of the stream; empty when the node is polled. */
  chainId: text,
  /** Number of the last event of the stream that was told. */
  seq: nullable(decimal),
  /** JSON of what was seen at the last poll, where there is no stream. */
  snapshot: nullable(text),
});
export type Cursor = Pick<ValueOf<typeof cursor>, "chainId" | "seq" | "snapshot">;

const invalid = (cause: unknown): UsageError =>
  new UsageError("CURSOR_INVALID", "the cursor file is not a watcher's place", {
    hint: "remove it to start over, or name another one with --cursor-file",
    cause,
  });

/** What was seen at the last poll; `null` when the place is in a stream. @throws UsageError CURSOR_INVALID */
export function snapshotIn<S>({snapshot}: Cursor, shape: Shape<S>): S | null {
  try {
    return snapshot === null ? null : shape.read(parseJson(snapshot), "snapshot");
  } catch (cause) {
    throw cause instanceof QsdmError ? invalid(cause) : cause;
  }
}

/** A list of 10,000 enrollments takes 2 MB. */
const CURSOR_MAX_BYTES = 64 * 1024 * 1024;

export class CursorFile {
  constructor(
    private readonly disk: Disk,
    private readonly path: string,
    private readonly subject: string,
  ) {}

  /** What the last run left, or `null` on the first. @throws UsageError CURSOR_INVALID, CURSOR_OF_OTHER_SUBJECT */
  async load(): Promise<Cursor | null> {
    if (!(await this.disk.exists(this.path))) return null;
    const {subject, ...place} = parseCursor(await this.disk.read(this.path, CURSOR_MAX_BYTES));
    if (subject !== this.subject)
      throw new UsageError("CURSOR_OF_OTHER_SUBJECT", `${this.path} is the place of qsdm watch ${subject}`, {
        hint: "give each watcher a file of its own",
      });
    return place;
  }

  async save(place: Cursor): Promise<void> {
    const bytes = utf8(`${cursor.write({schema: 1, subject: this.subject, ...place})}\n`);
    await this.disk.write(this.path, bytes, {mode: 0o600, replace: true});
  }
}

function parseCursor(bytes: Uint8Array): ValueOf<typeof cursor> {
  try {
    return cursor.read(parseJson(textOf(bytes)), "cursor");
  } catch (cause) {
    throw invalid(cause);
  }
}
