import fc from "fast-check";
import t from "tap";
import { readJws } from "../../src/kernel/compact-jws.ts";
import { parseStrictJson } from "../../src/kernel/strict-json.ts";

const encode = (text: string): string => Buffer.from(text).toString("base64url");

t.test("strict JSON: is JSON, and no member comes twice", (t) => {
  for (const text of [
    '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
    "[]",
    '"a:a"',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"":{"":1}}',
  ])
    t.same(parseStrictJson(text), JSON.parse(text), text);
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":{"b":1,"b":2}}',
    '[{"a":1,"a":2}]',
    '{"a":1,"\\u0061":2}',
    '{"a":[{}],"b":"x","a":{}}',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\"":1,"a\\"":2}',
    "{",
    "",
    "{'a':1}",
    '{"a":1}}',
  ])
    t.throws(() => parseStrictJson(text), SyntaxError, text);
  t.end();
});

t.test("strict JSON: takes whatever a good writer writes, and finds each doubled member", (t) => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value: unknown = JSON.parse(text);
      // One object cannot have a member twice when it was written by JSON.stringify.
      t.same(parseStrictJson(JSON.stringify(value)), value);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (members, pick) => {
      const names = Object.keys(members);
      const name = JSON.stringify(names[pick % names.length]);
      t.throws(() => parseStrictJson(`${JSON.stringify(members).slice(0, -1)},${name}:0}`), SyntaxError);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test("compact JWS: one spelling, three segments, two objects", (t) => {
  const good = `${encode('{"alg":"x"}')}.${encode('{"a":1}')}.AAAA`;
  t.same(readJws(good), { header: { alg: "x" }, payload: { a: 1 } });
  for (const text of [
    "",
    ".",
    "..",
    "...",
    `${good}.`,
    `${good}.AAAA.AAAA`,
    `${good}=`,
    good.slice(0, -3),
    `${good} `,
  ])
    t.equal(readJws(text), null, text);
  fc.assert(fc.property(fc.string(), (text) => readJws(text) === null));
  t.end();
});
