import t from "tap";
import {
  aacDescriptor,
  ac3Descriptor,
  caDescriptor,
  eachDescriptor,
  enhancedAc3Descriptor,
  iso639Descriptor,
  logicalChannelDescriptor,
  registrationDescriptor,
  serviceDescriptor,
  streamIdentifierDescriptor,
  subtitlingDescriptor,
  supplementaryAudioDescriptor,
  teletextDescriptor,
} from "../../../src/tuner/si/descriptors.ts";
import { describeStreams } from "../../../src/tuner/si/pmt.ts";
import { codecOf, isAudioDescription, languageOf } from "../../../src/tuner/si/stream-codec.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const none: Buffer = Buffer.alloc(0);

t.test("si streams: codecs by stream type alone", (t) => {
  const expected = {
    0x01: "mpeg2-video",
    0x02: "mpeg2-video",
    0x03: "mpeg-audio",
    0x04: "mpeg-audio",
    0x0f: "aac-adts",
    0x11: "aac-latm",
    0x1b: "h264",
    0x24: "hevc",
    0x81: "ac-3",
    0x87: "ec-3",
    0x05: "other",
    0x06: "other",
    0x0b: "other",
    0x86: "other",
  };
  for (const [streamType, codec] of Object.entries(expected)) {
    t.equal(codecOf(Number(streamType), none), codec, streamType);
  }
  t.end();
});

t.test("si streams: private data is what its descriptors say", (t) => {
  t.equal(codecOf(6, Buffer.concat([iso639Descriptor("fra"), ac3Descriptor()])), "ac-3");
  t.equal(codecOf(6, enhancedAc3Descriptor(0xd2)), "ec-3");
  t.equal(codecOf(6, aacDescriptor(0x58)), "aac-latm");
  t.equal(codecOf(6, teletextDescriptor([{ language: "ita", teletextType: 1, page: 100 }])), "teletext");
  t.equal(codecOf(6, subtitlingDescriptor("fra", 0x10, 1, 1)), "dvb-subtitles");
  t.equal(codecOf(6, registrationDescriptor("AC-3")), "ac-3");
  t.equal(codecOf(6, registrationDescriptor("EAC3")), "ec-3");
  t.equal(codecOf(6, registrationDescriptor("HEVC")), "hevc");
  t.equal(codecOf(6, registrationDescriptor("Opus")), "other");
  t.equal(codecOf(0x83, registrationDescriptor("AC-3")), "ac-3");
  // A descriptor of another stream's kind does not turn video into sound.
  t.equal(codecOf(0x1b, ac3Descriptor()), "h264");
  t.end();
});

t.test("si streams: languages in lower case, from whichever descriptor names one", (t) => {
  t.equal(languageOf(iso639Descriptor("ITA")), "ita");
  t.equal(languageOf(teletextDescriptor([{ language: "fra", teletextType: 2, page: 888 }])), "fra");
  t.equal(languageOf(subtitlingDescriptor("Eng", 0x10, 1, 1)), "eng");
  t.equal(languageOf(supplementaryAudioDescriptor(true, 1, "deu")), "deu");
  t.equal(languageOf(supplementaryAudioDescriptor(true, 1)), null);
  t.equal(languageOf(hex("0a0420202000")), null);
  t.equal(languageOf(hex("0a026672")), null);
  t.equal(languageOf(none), null);
  t.end();
});

t.test("si streams: audio description, however it is said", (t) => {
  t.ok(isAudioDescription(iso639Descriptor("eng", 3)));
  t.ok(isAudioDescription(iso639Descriptor("qad")));
  t.ok(isAudioDescription(supplementaryAudioDescriptor(false, 1, "fra")));
  // Full service flag, service type 2 (visually impaired), stereo.
  t.ok(isAudioDescription(ac3Descriptor(0x52)));
  t.ok(isAudioDescription(enhancedAc3Descriptor(0xd2)));
  t.ok(isAudioDescription(aacDescriptor(0x58, 0x40)));
  for (const plain of [
    iso639Descriptor("eng", 2),
    supplementaryAudioDescriptor(true, 2, "fra"),
    ac3Descriptor(0x42),
    ac3Descriptor(),
    enhancedAc3Descriptor(),
    aacDescriptor(0x58, 0x03),
    aacDescriptor(0x58),
    none,
  ]) {
    t.notOk(isAudioDescription(plain), plain.toString("hex"));
  }
  t.end();
});

t.test("si streams: scrambled when the service or a stream has a CA descriptor", (t) => {
  const stream = { streamType: 0x1b, pid: 0x100, descriptors: none };
  const pmt = {
    serviceId: 1,
    version: 0,
    current: true,
    pcrPid: 0x100,
    descriptors: none,
    streams: [stream],
  };
  const ca = caDescriptor(0x0500, 0x17c);
  t.equal(describeStreams(pmt).scrambled, false);
  t.equal(describeStreams({ ...pmt, descriptors: ca }).scrambled, true);
  t.equal(describeStreams({ ...pmt, streams: [stream, { ...stream, descriptors: ca }] }).scrambled, true);
  t.same(describeStreams(pmt), {
    serviceId: 1,
    pcrPid: 0x100,
    streams: [
      {
        pid: 0x100,
        streamType: 0x1b,
        codec: "h264",
        language: null,
        audioDescription: false,
        descriptors: none,
      },
    ],
    scrambled: false,
  });
  t.end();
});

t.test("si descriptors: to the byte", (t) => {
  // The first six are from broadcasts in France and Italy.
  t.same(iso639Descriptor("fra"), hex("0a0466726100"));
  t.same(subtitlingDescriptor("fra", 0x24, 1, 1), hex("59086672612400010001"));
  t.same(enhancedAc3Descriptor(0xc2), hex("7a0280c2"));
  t.same(caDescriptor(0x0500, 0x17c, hex("01130120140303")), hex("090b0500e17c01130120140303"));
  t.same(streamIdentifierDescriptor(3), hex("520103"));
  t.same(
    teletextDescriptor([
      { language: "ita", teletextType: 1, page: 100 },
      { language: "ita", teletextType: 2, page: 777 },
      { language: "eng", teletextType: 2, page: 778 },
    ]),
    hex("560f" + "6974610900" + "6974611777" + "656e671778"),
  );
  t.same(registrationDescriptor("AC-3"), hex("050441432d33"));
  t.same(supplementaryAudioDescriptor(true, 1, "fra"), hex("7f050687667261"));
  t.same(serviceDescriptor(1, "Rai", "Rai 1"), hex("480b0103526169" + "05526169" + "2031"));
  t.same(logicalChannelDescriptor([{ serviceId: 0x0d49, number: 1, visible: true }]), hex("83040d49fc01"));
  t.same(
    logicalChannelDescriptor([{ serviceId: 1, number: 1023, visible: false }], 0x88),
    hex("880400017fff"),
  );
  t.throws(() => logicalChannelDescriptor([{ serviceId: 1, number: 1024, visible: true }]), RangeError);
  t.throws(() => iso639Descriptor("français"), RangeError);
  t.end();
});

t.test("si descriptors: a loop that is cut off keeps what was whole", (t) => {
  const loop = hex("52010152020203");
  const walked = (bytes: Buffer): string[] =>
    [...eachDescriptor(bytes)].map((one) => one.data.toString("hex"));
  t.same(walked(loop), ["01", "0203"]);
  t.same(walked(loop.subarray(0, 6)), ["01"]);
  t.same(walked(loop.subarray(0, 4)), ["01"]);
  t.same(walked(loop.subarray(0, 2)), []);
  t.same(walked(none), []);
  t.end();
});
