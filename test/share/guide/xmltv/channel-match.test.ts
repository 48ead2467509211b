import t from "tap";
import {
  ChannelMatch,
  foldedName,
  tripletsOf,
  type MatchedChannel,
} from "../../../../src/share/guide/xmltv/channel-match.ts";
import { service } from "../../fakes.ts";

const channel = (
  serviceId: number,
  name: string,
  number = serviceId,
  lcn: number | null = null,
): MatchedChannel => ({
  id: `c${serviceId}`,
  key: service(serviceId).key,
  name,
  number,
  lcn,
});

/** Services by number of the channels that a listing's ids stand for. */
function matched(
  channels: MatchedChannel[],
  listing: Record<string, string[]>,
  decided: Record<string, string | number> = {},
): Record<string, number[]> {
  const match = new ChannelMatch(channels, decided);
  for (const [id, names] of Object.entries(listing)) match.add({ id, names });
  return Object.fromEntries(
    Object.keys(listing).map((id) => [id, match.servicesOf(id).map(({ serviceId }) => serviceId)]),
  );
}

t.test("xmltv channels: names are the same whatever their case, spaces, accents and sharpness", (t) => {
  const same: [string, string][] = [
    ["Das Erste HD", "DAS ERSTE"],
    ["Télé-Ciné", "tele cine"],
    ["CCTV-1高清", "cctv1"],
    ["BBC One (HD)", "BBC ONE"],
    ["Canal+", "Canal Plus"],
    ["ARD UHD", "ard"],
  ];
  for (const [a, b] of same) t.equal(foldedName(a).base, foldedName(b).base, `${a} = ${b}`);
  const different: [string, string][] = [
    ["Channel 4", "Channel 4+1"],
    ["CCTV-5", "CCTV-5+"],
    ["ITV1", "ITV2"],
    ["HD", "SD"],
  ];
  for (const [a, b] of different) t.not(foldedName(a).base, foldedName(b).base, `${a} ≠ ${b}`);
  t.end();
});

t.test("xmltv channels: ids that hold the numbers of DVB", (t) => {
  const table: Record<string, string[]> = {
    "1.10.301": ["1.10.301", "301.10.1"],
    "301.10.1.dvb.guide": ["301.10.1", "1.10.301"],
    "S19.2E-1-1019-10301": ["1.1019.10301"],
    "1:0:19:283D:3FB:1:C00000:0:0:0:": ["1.1019.10301"],
    "itv1.itv.com": [],
    "I1.2.zap2it.com": [],
    "": [],
  };
  for (const [id, keys] of Object.entries(table)) t.same(tripletsOf(id), keys, id);
  t.end();
});

t.test("xmltv channels: what the owner says, then names, then DVB, then numbers", (t) => {
  const channels = [
    channel(1, "Das Erste"),
    channel(2, "Das Erste HD"),
    channel(3, "ZDF"),
    channel(4, "arte", 4, 40),
    channel(5, "Eins Plus", 50),
    channel(6, "Sechs", 60),
    channel(7, "Sieben", 70, 7),
  ];
  t.same(
    matched(
      channels,
      {
        "ard.de": ["ARD", "Das Erste"],
        "ard-hd.de": ["Das Erste HD"],
        "zdf.de": ["ZDF HD"],
        "1.10.4": ["Kulturkanal"],
        "c5.tellyport": ["other name"],
        six: ["A name", "60"],
        seven: ["7"],
        none: ["Nowhere", "99"],
      },
      {},
    ),
    {
      "ard.de": [1],
      "ard-hd.de": [2],
      "zdf.de": [3],
      "1.10.4": [4],
      "c5.tellyport": [5],
      six: [6],
      seven: [7],
      none: [],
    },
  );
  t.same(matched(channels, { a: ["Das Erste"] }), { a: [1, 2] }, "a simulcast has the same programmes");
  t.same(
    matched(channels, { a: ["ZDF"], b: ["ZDF"], c: ["Das Erste"] }, { b: 3, c: "arte" }),
    { a: [], b: [3], c: [4] },
    "the owner's word goes before names",
  );
  t.same(matched(channels, { zdf: [] }), { zdf: [3] }, "an id alone is a name");
  const match = new ChannelMatch(channels, { x: "Nowhere", y: 3 });
  match.add({ id: "x", names: ["ZDF"] });
  match.add({ id: "z", names: ["arte"] });
  t.same(match.unknown, ["Nowhere"]);
  t.same(match.counts, { listed: 2, matched: 1, unmatched: ["x"] });
  t.same(match.servicesOf("late").length, 0);
  match.add({ id: "y", names: [] });
  t.equal(match.servicesOf("y").length, 1, "a channel that comes late");
  t.end();
});
