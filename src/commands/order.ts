import type {Client} from "../node/api/client.js";

/** What a write command wants done, in whichever forms the node takes. */
export interface AnyOrder {
  /** Members of the JSON document beside those of every write. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** What will change, with amounts and heights, one line each. */
  readonly announcement: readonly string[];
  /** The question to ask on a terminal before something that cannot be taken back. */
  readonly question: string | null;
  submit(client: Client, body: Uint8Array): Promise<{readonly txId: string}>;
  /** Command that shows later what became of it. */
  readonly checkWith: string;
}
