import { readFileSync } from "node:fs";
import fastify from "fastify";
import * as fc from "fast-check";
import t from "tap";
import type { Programme } from "../../../../src/protocol/api.ts";
import type { ListedChannel } from "../../../../src/share/channels/stored-channel.ts";
import {
  channelElement,
  programmeElement,
  XMLTV_HEAD,
  XMLTV_TAIL,
} from "../../../../src/share/guide/xmltv/xmltv-document.ts";
import { xmltvRoutes } from "../../../../src/share/guide/xmltv/xmltv-routes.ts";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { house, service } from "../../fakes.ts";
import { dtdOf, faultsOf } from "./dtd.ts";

const DTD = "xmltv/xmltv.dtd";
const SAMPLE = "xmltv/uk-itv-augment.xml";
const skip = skipWithout(DTD, SAMPLE);
const read = (name: string): string => readFileSync(capture(name) ?? "", "utf8");

const programme: Programme = {
  title: 'Tom & "Jerry" <1>',
  subtitle: "First\nline",
  description: "First\nline\nThe\0rest\ud800",
  language: "deu",
  startsAt: "2026-11-20T12:00:00.000Z",
  endsAt: "2026-11-20T12:30:00.000Z",
  genres: [{ code: 0x55, name: "children's/youth programmes", detail: "cartoons/puppets" }],
  minimumAge: 6,
  series: { programme: "crid://a.b/1", series: null },
};

const channel: ListedChannel = {
  ...service(1),
  id: "c1",
  multiplex: "mock-1",
  number: 7,
  name: "Eins & Zwei",
  lastSeenAt: new FakeClock().now(),
  codecs: null,
  history: null,
  hidden: false,
  favourite: false,
};

t.test("xmltv: a programme is written in the order of the DTD, escaped, with its offset", (t) => {
  t.equal(
    programmeElement("c1", programme),
    '<programme start="20261120120000 +0000" stop="20261120123000 +0000" channel="c1.tellyport">' +
      '<title lang="de">Tom &amp; &quot;Jerry&quot; &lt;1&gt;</title><sub-title lang="de">First line</sub-title>' +
      '<desc lang="de">Therest</desc><category lang="en">cartoons/puppets</category>' +
      '<category lang="en">children\'s/youth programmes</category>' +
      '<episode-num system="crid.programme">crid://a.b/1</episode-num>' +
      '<rating system="DVB"><value>6</value></rating></programme>\n',
  );
  t.equal(
    channelElement({ id: "c1", name: "", number: 3 }),
    '<channel id="c1.tellyport"><display-name>3</display-name></channel>\n',
  );
  t.end();
});

t.test("xmltv: the checker takes the sample and refuses what the DTD does not allow", { skip }, (t) => {
  const dtd = dtdOf(read(DTD));
  const sample = read(SAMPLE);
  t.same(faultsOf(dtd, sample), []);
  const broken = (from: string, to: string): number => {
    t.ok(sample.includes(from), from);
    return faultsOf(dtd, sample.replace(from, to)).length;
  };
  t.not(broken('<title lang="en">Midsomer Murders</title>', ""), 0, "no title");
  t.not(broken("<date>2016</date>", "<dates>2016</dates>"), 0, "not declared");
  t.not(broken("<date>2016</date>", "<date>2016</date><title>x</title>"), 0, "order");
  t.not(broken("<previously-shown />", "<previously-shown>x</previously-shown>"), 0, "text");
  t.not(broken('type="teletext"', 'type="radio"'), 0, "value");
  t.not(broken('start="201606302100 +0100"', ""), 0, "required attribute");
  t.not(broken("<video>", "<video><video>"), 0, "not well-formed");
  t.end();
});

t.test("xmltv: whatever the texts are, the listing validates", { skip }, (t) => {
  const dtd = dtdOf(read(DTD));
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("", "\ud800", "]]>", "\0"),
  );
  fc.assert(
    fc.property(text, text, text, fc.option(text), (title, subtitle, more, language) => {
      const document =
        XMLTV_HEAD +
        channelElement({ ...channel, name: title }) +
        programmeElement("c1", { ...programme, title, subtitle, description: subtitle + more, language }) +
        XMLTV_TAIL;
      const faults = faultsOf(dtd, document);
      if (faults.length > 0) throw new Error(faults.join("; "));
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test("xmltv: the route lists visible channels and their programmes in the span", async (t) => {
  const clock = new FakeClock();
  const asked: number[][] = [];
  const app = fastify();
  t.teardown(() => app.close());
  await app.register(
    xmltvRoutes(
      { all: () => [channel, { ...channel, id: "c2", visible: false }] },
      {
        schedule(_key, from, to) {
          asked.push([from, to]);
          return [programme];
        },
      },
      clock,
    ),
  );
  const answer = await app.inject("/api/v1/guide.xmltv");
  t.equal(answer.statusCode, 200);
  t.match(answer.headers["content-type"], /^application\/xml/);
  t.equal(answer.body, XMLTV_HEAD + channelElement(channel) + programmeElement("c1", programme) + XMLTV_TAIL);
  t.same(asked, [[clock.now(), clock.now() + 8 * 24 * 60 * 60_000]], "a hidden channel is not asked for");
});

t.test("xmltv: a span that ends before it begins is refused", async (t) => {
  const { app } = await house(t, [service(1)]);
  const ask = (query: string) =>
    app.inject({ url: `/api/v1/guide.xmltv?${query}`, headers: { "x-client": "a" } });
  for (const query of [
    "from=2026-11-20T12:00:00Z&to=2026-11-20T12:00:00Z",
    "from=2026-11-20T12:00:00Z&to=2026-11-20T11:00:00Z",
    "from=yesterday",
  ]) {
    const answer = await ask(query);
    t.equal(answer.statusCode, 400, query);
    t.equal(answer.json().code, "body-invalid", query);
  }
  t.equal((await ask("from=2026-11-20T12:00:00Z")).statusCode, 200);
});
