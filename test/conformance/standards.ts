/**
 * NIST's ACVP files and C2SP's Wycheproof files as they are published, told by their `algorithm`. They become cases like
 * all others: what is asked is the input, what is answered is expected, and an adapter sees the input alone.
 */
import {Input, type Json} from "./case.js";

type Fields = Readonly<Record<string, Json>>;

export interface StandardFile {
  /** `acvp/ML-DSA/sigVer`, `wycheproof/ML-DSA-87`. */
  readonly area: string;
  readonly cases: readonly Input[];
}

/** What Wycheproof's tests answer, by the type of their group; everything else is asked. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  MlDsaVerify: [],
  MlDsaSign: ["sig"],
  MLKEMKeyGen: ["ek", "dk"],
  MLKEMEncapsTest: ["c", "K"],
  // Its key is told beside the seed that it is made from.
  MLKEMTest: ["K", "ek"],
};
/** What is said about a test. */
const REMARKS = ["tcId", "tgId", "comment", "flags", "testType", "source"];

/** The cases of a file that names an algorithm; null for a file of another kind. */
export function standardFile(file: Input): StandardFile | null {
  if (!file.has("algorithm")) return null;
  const algorithm = file.text("algorithm");
  if (file.has("prompt")) return {area: `acvp/${algorithm}/${file.text("mode")}`, cases: acvpCases(file)};
  return {area: `wycheproof/${algorithm}`, cases: wycheproofCases(file)};
}

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
const only = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));

/** Every test of every group, with what its group says. */
const testsOf = (file: Input): {group: Fields; test: Fields}[] =>
  file.objects("testGroups").flatMap((each) => {
    const {tests: _tests, ...group} = each.json;
    return each.objects("tests").map(({json}) => ({group: group as Fields, test: json as Fields}));
  });

function acvpCases(file: Input): Input[] {
  const answers = new Map<Json | undefined, Fields>();
  if (file.has("expectedResults"))
    for (const {test} of testsOf(file.object("expectedResults"))) answers.set(test.tcId, test);
  return testsOf(file.object("prompt")).map(({group, test}) => {
    const answer = answers.get(test.tcId);
    return new Input({
      name: `case ${test.tcId}`,
      input: without({...group, ...test}, REMARKS),
      ...(answer && {expected: without(answer, REMARKS)}),
    });
  });
}

function wycheproofCases(file: Input): Input[] {
  return testsOf(file).map(({group, test}) => {
    const answered = ANSWERS[String(group.type)] ?? [];
    const {result} = test;
    // Where the result is `invalid` there is nothing else to answer.
    const expected = result === undefined ? {} : {expected: {result, ...(result === "valid" && only(test, answered))}};
    return new Input({
      name: `case ${test.tcId}`,
      input: without({...group, ...test}, [...REMARKS, ...answered, "result"]),
      ...expected,
    });
  });
}
