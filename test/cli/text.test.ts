import fc from "fast-check";
import t from "tap";
import { bigLetters } from "../../src/cli/big-letters.ts";
import { exitCodeOf } from "../../src/cli/exit-codes.ts";
import { matchOne } from "../../src/cli/match.ts";
import { renderOffer } from "../../src/cli/offer.ts";
import { authorityOf, isLoopback, originOf, parseBoxUrl } from "../../src/cli/remote/box-address.ts";
import { renderTable } from "../../src/cli/table.ts";
import { fit, printable, shorten, widthOf, wrap } from "../../src/cli/text.ts";
import { ERROR_CODES, TellyportError, type ErrorCode } from "../../src/kernel/errors.ts";
import { CODE_ALPHABET } from "../../src/protocol/pairing.ts";

t.test("text: widths are those of a terminal", (t) => {
  t.equal(widthOf("Das Erste"), 9);
  t.equal(widthOf("公視新聞台"), 10);
  t.equal(widthOf("e\u0301"), 1);
  t.equal(shorten("公視新聞台", 6), "公視…");
  t.equal(fit("ab", 4, "right"), "  ab");
  t.equal(wrap("one two three", 7, "> "), "one two\n> three");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, width) => {
      t.ok(widthOf(shorten(text, width)) <= Math.max(width, widthOf("")));
      t.equal(widthOf(fit(printable(text), width)), width);
    }),
    { numRuns: 100 },
  );
  t.end();
});

t.test("text: a name from the air cannot steer the terminal", (t) => {
  t.equal(printable("News\u001b[2J\u0007\u202eevil\nline"), "News[2Jevil line");
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      (text) => void t.notMatch(printable(text), /[\p{Cc}\u202a-\u202e]/u),
    ),
    { numRuns: 100 },
  );
  t.end();
});

t.test("text: a table shortens the widest column that may be", (t) => {
  const columns = [
    { title: "No", value: ({ no }: { no: number }) => String(no), align: "right" as const },
    { title: "Name", value: () => "a long name of a channel", shrinkTo: 4 },
  ];
  t.equal(renderTable(columns, [{ no: 7 }], 12), "No  Name\n 7  a long…\n");
  t.match(renderTable(columns, [{ no: 7 }], undefined), /a long name of a channel\n/);
  t.match(renderTable(columns, [{ no: 7 }], 3), / 7 {2}a l…/, "not below its least");
  t.end();
});

t.test("text: an offer for a person", (t) => {
  const offer = {
    id: "o",
    role: "viewer" as const,
    code: "WDJB-MJHT",
    url: "http://192.168.1.5:8080/#p=1.AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
    expiresAt: "2026-11-20T12:05:00.000Z",
  };
  const now = Date.parse("2026-11-20T12:00:00.000Z");
  const wide = renderOffer(offer, { now, columns: 80 });
  t.match(wide, /▄▄▄▄▄/);
  t.match(wide, /\n {2}http:\/\/192\.168\.1\.5:8080\/\n/);
  t.match(wide, /\n {2}WDJB-MJHT\n/);
  t.match(wide, /\(5 minutes\), for one phone, which becomes a viewer/);
  t.notMatch(renderOffer(offer, { now, columns: 30 }), /[▄█]/, "a narrow terminal has no room for pictures");
  const loopback = renderOffer({ ...offer, url: "http://127.0.0.1:8080/#p=1.A.B" }, { now, columns: 80 });
  t.notMatch(loopback, /▄▄▄▄▄\n[^]*or open|camera/, "nothing that a phone cannot open is there to scan");
  t.match(loopback, /No phone can come in: [^]*http\.address/);
  const drawn = [...CODE_ALPHABET].map((letter) => bigLetters(letter));
  t.equal(new Set(drawn).size, CODE_ALPHABET.length, "each letter has a shape of its own");
  t.end();
});

t.test("text: names are matched as people type them", (t) => {
  const list = [
    { id: "a1", number: 1, name: "Das Erste HD" },
    { id: "a2", number: 2, name: "Das Zweite" },
    { id: "a3", number: 10, name: "2 Plus" },
    { id: "a4", number: 11, name: "Das Erste" },
  ];
  const find = (text: string): string => matchOne(text, list, "channel", "channel-not-found", "channels").id;
  t.equal(find("2"), "a2", "the number comes before a name that begins so");
  t.equal(find("a3"), "a3");
  t.equal(find("DAS ERSTE"), "a4", "the whole name comes before a beginning");
  t.equal(find("das z"), "a2");
  t.throws(() => find("das"), { code: "usage", message: /1 Das Erste HD, 2 Das Zweite, 11 Das Erste/ });
  t.throws(() => find("Das Zwiete"), { code: "channel-not-found", message: /did you mean "Das Zweite"/ });
  t.throws(() => find(""), {
    code: "channel-not-found",
    message: /: `tellyport channels` lists what there is\.$/,
  });
  t.end();
});

t.test("text: addresses of boxes", (t) => {
  const origin = (text: string): string => originOf(parseBoxUrl(text).address);
  t.equal(origin("192.168.1.5:8080"), "http://192.168.1.5:8080");
  t.equal(origin("https://box.example/"), "https://box.example");
  t.equal(origin("http://[fd00::2]:8080/x?y"), "http://[fd00::2]:8080");
  t.equal(authorityOf({ scheme: "http", host: "b", port: 443 }), "b:443");
  const secret = "AAAAAAAAAAAAAAAAAAAAAA";
  t.same(parseBoxUrl(`http://b/#p=1.o.${secret}`).offer, { offer: "o", secret });
  for (const bad of ["ftp://box", "http://", "http://b/#p=1.o.short", "http://b:99999", "a b"])
    t.throws(() => parseBoxUrl(bad), { code: "usage" }, bad);
  t.same(["127.0.0.1", "::1", "localhost", "127.9.9.9"].map(isLoopback), [true, true, true, true]);
  t.same(["10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"].map(isLoopback), [
    false,
    false,
    false,
  ]);
  t.end();
});

t.test("text: every error has one of the exit codes of the design", (t) => {
  const exit = (code: ErrorCode): number => exitCodeOf(new TellyportError(code, ""));
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
    t.ok([64, 69, 77, 78].includes(exit(code)), code);
  t.same(
    (["usage", "daemon-not-running", "port-in-use", "pairing-refused", "config-invalid"] as const).map(exit),
    [64, 69, 69, 77, 78],
  );
  t.same(
    (["source-missing", "no-tuner-free", "client-revoked", "displaced"] as const).map(exit),
    [78, 69, 77, 69],
  );
  t.end();
});
