import fc from "fast-check";
import t from "tap";
import { parseM3u, type M3uEntry, type M3uFault } from "../../../../src/tuner/drivers/network/m3u.ts";
import { idOfUrl, publicUrl } from "../../../../src/tuner/drivers/network/public-url.ts";

function parse(
  text: string | Buffer,
  base: URL | null = null,
): { entries: readonly M3uEntry[]; faults: readonly M3uFault[] } {
  const list = parseM3u(Buffer.from(text), base);
  if (list.kind !== "channels") throw new Error("it is an HLS playlist");
  return list;
}

t.test("m3u: attributes, titles with commas, numbers and groups", (t) => {
  const { entries, faults } = parse(
    [
      '#EXTM3U url-tvg="http://guide.example/x.xml"',
      '#EXTINF:-1 tvg-id="one.de" tvg-chno="7" tvg-name="One" group-title="News, local",One, and only',
      "#EXTVLCOPT:http-user-agent=Something",
      "http://tv.example/one.ts",
      "#EXTINF:0,Two",
      "#EXTGRP:Music",
      "rtp://@239.1.2.3:5004",
      "#EXTINF:-1 tvg-name=Three tvg-chno=x7,",
      "udp://10.0.0.9@239.1.2.4:1234",
      "# a remark",
      "https://tv.example/a%20b/four.ts|User-Agent=Kodi",
    ].join("\r\n"),
  );
  t.same(faults, []);
  t.same(
    entries.map(({ url, ...rest }) => ({ url: url.href, ...rest })),
    [
      {
        url: "http://tv.example/one.ts",
        name: "One, and only",
        guideId: "one.de",
        number: 7,
        group: "News, local",
        line: 4,
      },
      { url: "rtp://239.1.2.3:5004", name: "Two", guideId: null, number: null, group: "Music", line: 7 },
      {
        url: "udp://10.0.0.9@239.1.2.4:1234",
        name: "Three",
        guideId: null,
        number: null,
        group: null,
        line: 9,
      },
      {
        url: "https://tv.example/a%20b/four.ts",
        name: "four",
        guideId: null,
        number: null,
        group: null,
        line: 11,
      },
    ],
  );
  t.end();
});

t.test("m3u: byte order mark, Latin-1 and relative addresses", (t) => {
  const base = new URL("http://tv.example/lists/all.m3u");
  const marked = parse("\ufeff#EXTM3U\n#EXTINF:-1,Ärger\n../one.ts\n/two.ts", base);
  t.same(
    marked.entries.map(({ name, url }) => [name, url.href]),
    [
      ["Ärger", "http://tv.example/one.ts"],
      ["two", "http://tv.example/two.ts"],
    ],
  );
  const latin = parse(Buffer.from("#EXTINF:-1,\xc4rger\nhttp://tv.example/1", "latin1"));
  t.equal(latin.entries[0]?.name, "Ärger");
  const nowhere = parse("one.ts");
  t.same(nowhere.entries, []);
  t.match(nowhere.faults, [{ line: 1, message: /whole address/ }]);
  t.end();
});

t.test("m3u: bad lines are told by number, without their secrets, and the rest is taken", (t) => {
  const { entries, faults } = parse(
    [
      "rtsp://user:hunter2@tv.example/1",
      "udp://@239.1.1.1",
      "http://",
      "http://user:hunter2@tv.example/ok.ts",
      "http://user:hunter2@tv.example/ok.ts",
      "http://[::1",
      `http://tv.example/${"x".repeat(9000)}`,
    ].join("\n"),
  );
  t.equal(entries.length, 1);
  t.same(
    faults.map(({ line }) => line),
    [1, 2, 3, 5, 6, 7],
  );
  t.match(faults[0]?.message, /rtsp:/);
  t.match(faults[1]?.message, /port/);
  t.match(faults[3]?.message, /line 4/);
  t.notMatch(JSON.stringify(faults), /hunter2/);
  t.end();
});

t.test("m3u: an HLS playlist is told apart, and a list is bounded", (t) => {
  t.same(parseM3u(Buffer.from("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts"), null), { kind: "hls" });
  t.same(parseM3u(Buffer.from("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8"), null), { kind: "hls" });
  const line = (i: number): string => `http://tv.example/${i}.ts\n`;
  const many = parse(Array.from({ length: 10_050 }, (_, i) => line(i)).join(""));
  t.equal(many.entries.length, 10_000);
  t.match(many.faults.at(-1)?.message, /10000 channels/);
  const long = parse(
    Buffer.concat([Buffer.from(line(1)), Buffer.alloc(6 * 1024 * 1024, `#${"x".repeat(500)}\n`)]),
  );
  t.equal(long.entries.length, 1);
  t.match(long.faults, [{ message: /5 MiB/ }]);
  t.end();
});

t.test("m3u: whatever the bytes, entries are whole and lines are told", (t) => {
  const piece = fc.oneof(
    fc.constantFrom(
      "#EXTINF:-1",
      ' tvg-id="',
      '"',
      ",",
      "\n",
      "\r",
      "http://",
      "udp://@239.0.0.1:1",
      "a b",
      "|",
      "%zz",
    ),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.uint8Array({ maxLength: 40 }), (pieces, noise) => {
      const list = parseM3u(
        Buffer.concat([Buffer.from(pieces.join("")), noise]),
        new URL("http://x.example/"),
      );
      if (list.kind === "hls") return;
      for (const entry of list.entries) {
        if (entry.name === "" || entry.line < 1 || entry.name.length > 200) throw new Error("an empty entry");
        if (!["http:", "https:", "udp:", "rtp:"].includes(entry.url.protocol))
          throw new Error("a foreign scheme");
        if (!/^network:[0-9a-f]{16}$/.test(idOfUrl(entry.url))) throw new Error("no id");
      }
      for (const { line, message } of list.faults)
        if (line < 1 || message === "") throw new Error("an empty fault");
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("m3u: ids do not depend on credentials, and shown addresses have none", (t) => {
  const plain = new URL("http://tv.example/5.ts?hd=1");
  const secret = new URL("http://anna:hunter2@tv.example/5.ts?hd=1&token=hunter2&Password=hunter2#hunter2");
  t.equal(idOfUrl(secret), idOfUrl(plain));
  t.not(idOfUrl(plain), idOfUrl(new URL("http://tv.example/6.ts?hd=1")));
  t.notMatch(publicUrl(secret).href, /hunter2|anna/);
  t.equal(
    publicUrl(new URL("http://tv.example/live/anna/hunter2/44.ts")).href,
    "http://tv.example/live/44.ts",
  );
  t.end();
});
