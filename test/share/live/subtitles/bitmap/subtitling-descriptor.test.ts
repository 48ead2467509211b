import t from "tap";
import { subtitleServices } from "../../../../../src/share/live/subtitles/bitmap/subtitling-descriptor.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

t.test("the services of a PID, other descriptors around them", (t) => {
  // stream_identifier, subtitling (fra for all, fra for the hard of hearing), something private
  const loop = bytes("52 01 05  59 10 667261 10 0001 0002  467261 24 0003 0004  5f 04 00000028");
  t.strictSame(subtitleServices(loop), [
    { language: "fra", hearingImpaired: false, type: 0x10, compositionPage: 1, ancillaryPage: 2 },
    { language: "fra", hearingImpaired: true, type: 0x24, compositionPage: 3, ancillaryPage: 4 },
  ]);
  t.end();
});

t.test("each type of bitmap subtitles, and none else", (t) => {
  const entry = (type: number) => Buffer.from([0x65, 0x6e, 0x67, type, 0, 1, 0, 1]);
  const types = Array.from({ length: 256 }, (_, type) => type).filter((type) => {
    const [service] = subtitleServices(Buffer.concat([bytes("59 08"), entry(type)]));
    if (service !== undefined) t.equal(service.hearingImpaired, type >= 0x20, `type ${type}`);
    return service !== undefined;
  });
  t.strictSame(types, [16, 17, 18, 19, 20, 21, 22, 32, 33, 34, 35, 36, 37, 38]);
  t.end();
});

t.test("a language that is none", (t) => {
  t.equal(subtitleServices(bytes("59 08 000000 10 0001 0001"))[0]?.language, null);
  t.end();
});

t.test("cut short: what is whole is taken", (t) => {
  const loop = bytes("59 10 667261 10 0001 0002 667261 20 0003 0004");
  t.strictSame(
    Array.from({ length: loop.length + 1 }, (_, length) => subtitleServices(loop.subarray(0, length)).length),
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2],
  );
  t.end();
});
