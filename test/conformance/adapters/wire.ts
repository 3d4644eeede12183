/** What miners read over HTTP: work, and enrollment records. */

import {enrollmentView} from "../../../src/codecs/api/mining.js";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {canonicalWorkSet} from "../../../src/codecs/mining/cells.js";
import {workSetRoot} from "../../../src/codecs/mining/merkle.js";
import {workCodec} from "../../../src/codecs/mining/work.js";
import {viewOfRecord} from "../../../src/node/api/routes/enrollment.js";
import {type Adapters, byOperation, type Input, type Output} from "../case.js";

const cell = (id: string) => ({id, content_hash: id.repeat(32)});
/** Work that is right in every member, for the cases that spoil one. */
const SOUND_WORK = {
  epoch: 1,
  height: 2,
  header_hash: "11".repeat(32),
  difficulty: "65536",
  dag_size: 1024,
  workset_root: "22".repeat(32),
  workset: [{cells: [cell("0a"), cell("0b"), cell("0c")]}],
  batch_count_maximum: 1,
  blocks_per_epoch: 60480,
};

function readWork(json: string): Output {
  const work = workCodec.readCompat(utf8(json));
  return {
    difficulty: String(work.difficulty),
    header_hash: hexOf(work.headerHash),
    workset_root: hexOf(workSetRoot(canonicalWorkSet(work.workSet))),
  };
}

/** The reference marks an active record by height 0, and an unset bond by 0 dust and no mode. */
function viewRecord(record: Input): Output {
  const revokedAtHeight = record.big("revoked_at_height");
  const stored = {
    nodeId: record.text("node_id"),
    owner: record.text("owner"),
    gpuUuid: record.text("gpu_uuid"),
    hmacKey: record.bytes("hmac_key"),
    nodeKey: null,
    stakeDust: record.big("stake_dust"),
    bondMode: record.text("bond_mode") === "mining_rewards" ? ("mining_rewards" as const) : ("upfront" as const),
    earnedStakeDust: 0n,
    requiredStakeDust: record.big("required_stake_dust") || 1_000_000_000n,
    enrolledAtHeight: record.big("enrolled_at_height"),
    revokedAtHeight: revokedAtHeight === 0n ? null : revokedAtHeight,
    unbondMaturesAtHeight: record.big("unbond_matures_at_height") || null,
    memo: record.text("memo"),
  };
  return {json: enrollmentView.write(viewOfRecord(stored))};
}

export const wireAdapters: Adapters = {
  "api: mining work payload and enrollment view as seen by clients": byOperation({
    work: (input) => readWork(input.text("json")),
    work_decode: (input) => readWork(JSON.stringify({...SOUND_WORK, [input.text("field")]: input.json.value})),
    enrollment_view: (input) => viewRecord(input.object("record")),
  }),
};
