import t from "tap";
import {
  parseCapabilities,
  parseDescription,
  parseSdpCapabilities,
  receives,
} from "../../../../src/tuner/drivers/satip/capabilities.ts";
import { effectivePids, pidChanges, pidsField } from "../../../../src/tuner/drivers/satip/pid-query.ts";
import { isBroadcast, tuningQuery, type Broadcast } from "../../../../src/tuner/drivers/satip/query.ts";
import fc from "fast-check";

const satellite = { symbolRate: 22_000_000, polarisation: "V", orbital: "19.2E" } as const;

t.test("satip: the query of every delivery system", (t) => {
  const cases: [Broadcast, string][] = [
    [
      { ...satellite, system: "dvbs", frequencyKHz: 12_551_500, innerFec: "5/6", modulation: "QPSK" },
      "src=2&freq=12551.5&pol=v&ro=0.35&msys=dvbs&mtype=qpsk&sr=22000&fec=56",
    ],
    [
      {
        ...satellite,
        system: "dvbs2",
        frequencyKHz: 11_493_750,
        modulation: "PSK/8",
        rollOff: "20",
        streamId: 4,
      },
      "src=2&freq=11493.75&pol=v&ro=0.20&msys=dvbs2&mtype=8psk&plts=auto&sr=22000&isi=4",
    ],
    [
      {
        ...satellite,
        system: "dvbs2",
        frequencyKHz: 11_493_000,
        polarisation: "L",
        innerFec: "AUTO",
        modulation: "APSK/16",
      },
      "src=2&freq=11493&pol=l&ro=0.35&msys=dvbs2&mtype=16apsk&plts=auto&sr=22000",
    ],
    [
      {
        system: "dvbt",
        frequencyHz: 514_000_000,
        bandwidthHz: 8_000_000,
        plp: null,
        modulation: "QAM/16",
        transmissionMode: "8K",
        guardInterval: "1/32",
        codeRateHp: "2/3",
      },
      "freq=514&bw=8&msys=dvbt&tmode=8k&mtype=16qam&gi=132&fec=23",
    ],
    [
      { system: "dvbt2", frequencyHz: 177_500_000, bandwidthHz: 1_712_000, plp: 0, guardInterval: "19/128" },
      "freq=177.5&bw=1.712&msys=dvbt2&mtype=256qam&gi=19128&plp=0",
    ],
    [
      { system: "dvbc", frequencyHz: 346_000_000, symbolRate: 6_900_000, modulation: "QAM/64" },
      "freq=346&msys=dvbc&mtype=64qam&sr=6900",
    ],
    [
      { system: "dvbc", frequencyHz: 346_000_000, symbolRate: 6_900_000, modulation: "QAM/AUTO" },
      "freq=346&msys=dvbc&mtype=256qam&sr=6900",
    ],
    [
      { system: "dtmb", frequencyHz: 602_000_000, bandwidthHz: 8_000_000 },
      "freq=602&bw=8&msys=dtmb&mtype=64qam",
    ],
    [
      { system: "isdbt", frequencyHz: 473_143_000, bandwidthHz: 6_000_000 },
      "freq=473.143&bw=6&msys=isdbt&mtype=64qam",
    ],
    [{ system: "atsc", frequencyHz: 473_000_000, modulation: "VSB/8" }, "freq=473&msys=atsc&mtype=8vsb"],
    [{ system: "atsc", frequencyHz: 473_000_000, modulation: "QAM/256" }, "freq=473&msys=dvbcb&mtype=256qam"],
  ];
  for (const [delivery, query] of cases) t.equal(tuningQuery(delivery, { src: 2, frontend: null }), query);
  t.match(tuningQuery(cases[0]![0], { src: 1, frontend: 7 }), /^fe=7&src=1&/);
  t.notOk(isBroadcast({ system: "file", path: "a" }));
  t.end();
});

t.test("satip: capabilities, and what receives what", (t) => {
  t.same(parseCapabilities("DVBS2-8,DVBT-4"), [
    { system: "dvbs2", count: 8 },
    { system: "dvbt", count: 4 },
  ]);
  t.same(parseCapabilities(" dvbs2-2 , DVBS2-1,,nonsense,DVBC-0,DVBT2-999"), [
    { system: "dvbs2", count: 3 },
    { system: "dvbt2", count: 64 },
  ]);
  const dvbt: Broadcast = { system: "dvbt", frequencyHz: 1, bandwidthHz: 1, plp: null };
  const dvbs2: Broadcast = { ...satellite, system: "dvbs2", frequencyKHz: 1 };
  const cable: Broadcast = { system: "atsc", frequencyHz: 1, modulation: "QAM/256" };
  t.same(
    ["dvbs", "dvbs2", "dvbt", "dvbt2", "dvbcb", "atsc"].map((system) =>
      [dvbt, dvbs2, cable].map((delivery) => receives(system, delivery)),
    ),
    [
      [false, false, false],
      [false, true, false],
      [true, false, false],
      [true, false, false],
      [false, false, true],
      [false, false, false],
    ],
  );
  t.same(parseSdpCapabilities("v=0\r\ns=SatIPServer:1 4,2\r\n"), [
    { system: "dvbs2", count: 4 },
    { system: "dvbt2", count: 2 },
  ]);
  t.same(parseSdpCapabilities("s=Session"), []);
  t.end();
});

t.test("satip: descriptions, and whatever else may be served in their place", (t) => {
  const device = (inside: string): string =>
    `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>${inside}</device></root>`;
  const full = device(
    `<deviceType>urn:ses-com:device:SatIPServer:1</deviceType><friendlyName>Dish &amp; co</friendlyName>
     <UDN>uuid:abc</UDN><x:X_SATIPCAP xmlns:x="urn:ses-com:satip"> DVBS2-4 </x:X_SATIPCAP>
     <deviceList><device><friendlyName>other</friendlyName><UDN>uuid:other</UDN></device></deviceList>`,
  );
  t.same(parseDescription(full), {
    udn: "abc",
    name: "Dish & co",
    groups: [{ system: "dvbs2", count: 4 }],
    rtspPort: 554,
  });
  t.equal(
    parseDescription(device("<deviceType>urn:schemas-upnp-org:device:MediaServer:1</deviceType>")),
    null,
  );
  t.equal(parseDescription(full.slice(0, -10)), null);
  fc.assert(
    fc.property(fc.nat(full.length), fc.nat(full.length), fc.string(), (from, to, text) => {
      const found = parseDescription(full.slice(0, from) + text + full.slice(to));
      return found === null || found.groups.length <= 16;
    }),
  );
  t.end();
});

t.test(
  "satip: changes of PIDs lead from any set to any other, and never through less than both share",
  (t) => {
    const set = fc.oneof(
      fc.constant("all" as const),
      fc.array(fc.nat(20), { maxLength: 8 }).map((pids) => new Set(pids)),
    );
    fc.assert(
      fc.property(set, set, (from, to) => {
        let now: ReadonlySet<number> | "all" = from;
        for (const { query, after } of pidChanges(from, to)) {
          const fields = new URLSearchParams(query);
          if ([...fields].length !== 1) return false;
          if (from !== "all" && to !== "all" && after !== "all")
            for (const pid of from) if (to.has(pid) && !after.has(pid)) return false;
          now = after;
        }
        return pidsField(now) === pidsField(to);
      }),
    );
    t.equal(effectivePids(new Set(Array.from({ length: 200 }, (_, i) => i))), "all");
    t.equal(pidsField(new Set()), "pids=none");
    t.end();
  },
);
