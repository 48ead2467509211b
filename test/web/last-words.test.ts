import t from "tap";
import { lastWordsIn } from "../../web/api/last-words.ts";

const WORDS = {
  method: "POST",
  path: "/api/v1/playback/kPz3-_x/report",
  headers: { "x-tellyport": "1", dpop: "proof" },
  body: '{"end":true}',
};

t.test("last words: a worker sends what says how a playback went, as it was written", (t) => {
  t.same(lastWordsIn({ lastWords: WORDS }), WORDS);
  t.same(lastWordsIn({ lastWords: { ...WORDS, headers: { a: "b", c: 1 } } })?.headers, { a: "b" });
  t.end();
});

t.test("last words: it sends nothing else", (t) => {
  for (const message of [undefined, null, "", 7, [], {}, { lastWords: null }, { lastWords: "POST" }, WORDS])
    t.equal(lastWordsIn(message), null, JSON.stringify(message));
  const others = [
    { method: "DELETE" },
    { path: "/api/v1/clients" },
    { path: "https://elsewhere.test/api/v1/playback/a/report" },
    { path: "//elsewhere.test/api/v1/playback/a/report" },
    { path: "/api/v1/playback/../clients/report" },
    { path: "/api/v1/playback/%2e%2e/report" },
    { path: "/api/v1/playback/a/report?x" },
    { path: 7 },
    { headers: null },
    { body: { end: true } },
  ];
  for (const other of others)
    t.equal(lastWordsIn({ lastWords: { ...WORDS, ...other } }), null, JSON.stringify(other));
  t.end();
});
