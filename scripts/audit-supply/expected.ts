/** The books of a node, in the document of `qsdm supply --json`. */
import {AuditFault} from "./fault.js";
import type {Totals} from "./supply.js";

export interface Expected {
  readonly height: bigint;
  /** @throws AuditFault where the node has another block there, or other books */
  compare(blockId: string, totals: Totals): void;
}

/** @throws AuditFault where `text` is no such document */
export function expectedIn(text: string): Expected {
  const {height, block_id: blockId, supply} = dataIn(text);
  if (typeof supply !== "object" || supply === null) throw new AuditFault("the expected document has no supply");
  const node = supply as Readonly<Record<string, unknown>>;
  return {
    height: BigInt(String(height)),
    compare(id, totals) {
      if (id !== blockId) throw new AuditFault(`block ${height} is ${id} in the file, ${blockId} at the node`);
      for (const [name, dust] of Object.entries(totals)) {
        const theirs = node[name.replace("Dust", "_dust")];
        if (String(theirs) !== String(dust))
          throw new AuditFault(`block ${height}: ${name} is ${dust} by the blocks, ${theirs} at the node`);
      }
    },
  };
}

function dataIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const {data} = JSON.parse(text) as {readonly data?: Readonly<Record<string, unknown>>};
    if (data && /^[0-9]+$/.test(String(data.height))) return data;
  } catch (cause) {
    throw new AuditFault("the expected document is no JSON", {cause});
  }
  throw new AuditFault("the expected document is not one of qsdm supply --json");
}
