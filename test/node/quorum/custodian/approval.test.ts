import fc from "fast-check";
import {expect, test} from "vitest";
import {approvalTag, PUBLIC_APPROVAL_KEYS, verifyApprovalTag} from "../../../../src/node/quorum/custodian/approval.js";

const [key] = PUBLIC_APPROVAL_KEYS;

test("a tag is refused whatever text it is, unless it is the very tag", () => {
  const tag = approvalTag(key, "program");
  expect(verifyApprovalTag(key, "program", tag)).toBe(true);
  for (const other of [tag.toUpperCase(), ` ${tag}`, tag.slice(1), `${tag}0`, "é", "\ud800", ""])
    expect(verifyApprovalTag(key, "program", other)).toBe(false);
  fc.assert(
    fc.property(fc.string({unit: "binary"}), (text) => verifyApprovalTag(key, "program", text) === (text === tag)),
  );
});
