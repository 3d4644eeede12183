/** Peers that serve a chain over the network stand-in, truly or not. */
import {blockIdOf} from "../../src/codecs/chain/block.js";
import {
  BLOCKS_PROTOCOL,
  type BlocksRequest,
  blocksAnswer,
  blocksRequest,
  type Certified,
  HEADERS_PROTOCOL,
  type HeadersAnswer,
  type HeadersRequest,
  headersAnswer,
  headersRequest,
  SYNC_REQUEST_MAX_BYTES,
} from "../../src/codecs/network/sync.js";
import type {InProcessNetwork} from "./network.js";

const LIMITS = {maxBytes: SYNC_REQUEST_MAX_BYTES, perSecond: 1_000};

/** What a peer says; bytes go out as they are. */
export interface Script {
  headers(asked: HeadersRequest): HeadersAnswer | Uint8Array | Promise<HeadersAnswer | Uint8Array>;
  blocks(asked: BlocksRequest): readonly Certified[] | Uint8Array | Promise<readonly Certified[] | Uint8Array>;
}

/** A peer that has `chain` when it is asked: blocks in order, each the parent of the next, all of one epoch or not. */
export const honest = (chain: () => readonly Certified[]): Script => ({
  headers({epoch, from, count}) {
    const found = chain()
      .filter(({block}) => block.header.height >= from && block.header.epoch === epoch)
      .slice(0, count);
    const newest = chain().at(-1)?.block.header.height ?? 0n;
    return {
      newest,
      whole: 1n,
      headers: found.map(({block}) => block.header),
      certificate: found.at(-1)?.certificate ?? null,
      blocks: found.length <= 2 ? found : [],
    };
  },
  blocks({ids}) {
    const known = new Map(chain().map((each) => [blockIdOf(each.block.header), each]));
    const found = ids.map((id) => known.get(id));
    const end = found.indexOf(undefined);
    return (end < 0 ? found : found.slice(0, end)) as Certified[];
  },
});

/** A started peer named `name`; how often it was asked for headers and for blocks. */
export async function serving(
  network: InProcessNetwork,
  name: string,
  script: Script,
): Promise<{readonly headers: number; readonly blocks: number}> {
  const asked = {headers: 0, blocks: 0};
  const port = network.join(name);
  port.serve(
    HEADERS_PROTOCOL,
    async (body) => {
      asked.headers++;
      const answer = await script.headers(headersRequest.decode(body));
      return answer instanceof Uint8Array ? answer : headersAnswer.encode(answer);
    },
    LIMITS,
  );
  port.serve(
    BLOCKS_PROTOCOL,
    async (body) => {
      asked.blocks++;
      const answer = await script.blocks(blocksRequest.decode(body));
      return answer instanceof Uint8Array ? answer : blocksAnswer.encode({blocks: answer});
    },
    LIMITS,
  );
  await port.start(new AbortController().signal);
  return asked;
}
