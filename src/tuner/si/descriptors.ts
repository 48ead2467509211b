import { encodeDvbText } from "./text.ts";

/** Tags that this project reads or writes. @see ISO/IEC 13818-1 table 2-45, EN 300 468 table 12 */
export const TAG = {
  registration: 0x05,
  ca: 0x09,
  iso639: 0x0a,
  networkName: 0x40,
  serviceList: 0x41,
  satelliteDelivery: 0x43,
  cableDelivery: 0x44,
  bouquetName: 0x47,
  service: 0x48,
  linkage: 0x4a,
  shortEvent: 0x4d,
  extendedEvent: 0x4e,
  component: 0x50,
  streamIdentifier: 0x52,
  content: 0x54,
  parentalRating: 0x55,
  teletext: 0x56,
  localTimeOffset: 0x58,
  subtitling: 0x59,
  terrestrialDelivery: 0x5a,
  privateDataSpecifier: 0x5f,
  frequencyList: 0x62,
  dataBroadcast: 0x64,
  ac3: 0x6a,
  /** @see TS 102 323 §6.3.1 */
  defaultAuthority: 0x73,
  /** @see TS 102 323 §12.1 */
  contentIdentifier: 0x76,
  s2SatelliteDelivery: 0x79,
  enhancedAc3: 0x7a,
  dts: 0x7b,
  aac: 0x7c,
  extension: 0x7f,
  /** User defined: a private_data_specifier comes before it. */
  logicalChannel: 0x83,
  /** NorDig's second version. */
  logicalChannelV2: 0x87,
  hdSimulcastLogicalChannel: 0x88,
} as const;

/** descriptor_tag_extension of the extension descriptor 0x7F. @see EN 300 468 §6.4 */
export const EXTENSION_TAG = { t2Delivery: 0x04, supplementaryAudio: 0x06, c2Delivery: 0x0d } as const;

/** Values of private_data_specifier. @see ETSI TS 101 162 */
export const PRIVATE_DATA = { eacem: 0x28, nordig: 0x29, canalPlus: 0xc0 } as const;

export interface Descriptor {
  readonly tag: number;
  /** What follows descriptor_length; a view of the loop. */
  readonly data: Buffer;
}

/** Walks a descriptor loop; one that is cut off at the end is left out. */
export function* eachDescriptor(loop: Buffer): Generator<Descriptor, void, void> {
  for (let at = 0; at + 2 <= loop.length;) {
    const end = at + 2 + loop.readUInt8(at + 1);
    if (end > loop.length) return;
    yield { tag: loop.readUInt8(at), data: loop.subarray(at + 2, end) };
    at = end;
  }
}

/** Data of the first descriptor with this tag, or null. */
export function findDescriptor(loop: Buffer, tag: number): Buffer | null {
  for (const descriptor of eachDescriptor(loop)) if (descriptor.tag === tag) return descriptor.data;
  return null;
}

/** Data behind descriptor_tag_extension of the first extension descriptor of this kind, or null. */
export function findExtension(loop: Buffer, extensionTag: number): Buffer | null {
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag === TAG.extension && data.length > 0 && data.readUInt8(0) === extensionTag)
      return data.subarray(1);
  }
  return null;
}

/**
 * An ISO 639-2 code in lower case.
 * @returns null when the three bytes are not letters
 */
export function readLanguage(data: Buffer, offset = 0): string | null {
  const code = data.toString("latin1", offset, offset + 3).toLowerCase();
  return /^[a-z]{3}$/.test(code) ? code : null;
}

// ---------------------------------------------------------------- builders

/** Puts tag and length before the data. @throws RangeError beyond 255 bytes */
export function descriptor(tag: number, ...data: readonly (Buffer | readonly number[])[]): Buffer {
  const body = Buffer.concat(data.map((part) => Buffer.from(part)));
  if (body.length > 255) throw new RangeError(`descriptor ${tag} would be ${body.length} bytes, 255 at most`);
  return Buffer.concat([Buffer.from([tag, body.length]), body]);
}

/** Three bytes of an ISO 639-2 or ISO 3166 code. @throws RangeError when it has not three characters */
export function threeLetters(code: string): Buffer {
  if (!/^[\x20-\x7e]{3}$/.test(code)) throw new RangeError(`"${code}" is no three-letter code`);
  return Buffer.from(code, "latin1");
}

/** Text behind a length byte. */
export function countedText(text: string, limit = 255): Buffer {
  const encoded = encodeDvbText(text, limit);
  return Buffer.concat([Buffer.from([encoded.length]), encoded]);
}

const bigEndian = (value: number, bytes: number): Buffer => {
  const field = Buffer.alloc(bytes);
  field.writeUIntBE(value, 0, bytes);
  return field;
};

/** @param audioType 0 undefined (default), 1 clean effects, 2 hearing impaired, 3 audio description @see ISO/IEC 13818-1 §2.6.18 */
export const iso639Descriptor = (language: string, audioType = 0): Buffer =>
  descriptor(TAG.iso639, threeLetters(language), [audioType]);

/** @see ISO/IEC 13818-1 §2.6.16 */
export const caDescriptor = (
  caSystemId: number,
  caPid: number,
  privateData: Buffer = Buffer.alloc(0),
): Buffer => descriptor(TAG.ca, bigEndian(caSystemId, 2), bigEndian(0xe000 | caPid, 2), privateData);

/** @param formatIdentifier four characters, e.g. `AC-3`, `HEVC` @see ISO/IEC 13818-1 §2.6.8 */
export const registrationDescriptor = (formatIdentifier: string): Buffer =>
  descriptor(TAG.registration, Buffer.from(formatIdentifier.padEnd(4).slice(0, 4), "latin1"));

/** @see EN 300 468 §6.2.39 */
export const streamIdentifierDescriptor = (componentTag: number): Buffer =>
  descriptor(TAG.streamIdentifier, [componentTag]);

/** Names beyond 126 bytes each are cut. @see EN 300 468 §6.2.33 */
export const serviceDescriptor = (serviceType: number, provider: string, name: string): Buffer =>
  descriptor(TAG.service, [serviceType], countedText(provider, 126), countedText(name, 126));

/** @see EN 300 468 §6.2.27 */
export const networkNameDescriptor = (name: string): Buffer =>
  descriptor(TAG.networkName, encodeDvbText(name, 255));

/** @see EN 300 468 §6.2.35 */
export const serviceListDescriptor = (
  services: readonly { readonly serviceId: number; readonly serviceType: number }[],
): Buffer =>
  descriptor(TAG.serviceList, ...services.map((s) => [s.serviceId >> 8, s.serviceId & 0xff, s.serviceType]));

/** @param specifier one of {@link PRIVATE_DATA} @see EN 300 468 §6.2.31 */
export const privateDataSpecifierDescriptor = (specifier: number): Buffer =>
  descriptor(TAG.privateDataSpecifier, bigEndian(specifier, 4));

/**
 * Logical channel descriptor of EACEM; a {@link privateDataSpecifierDescriptor} must precede it.
 * @param tag 0x83, or 0x88 for the numbers of HD simulcasts
 * @see IEC 62216 §8.5.3
 */
export const logicalChannelDescriptor = (
  channels: readonly { readonly serviceId: number; readonly number: number; readonly visible: boolean }[],
  tag: number = TAG.logicalChannel,
): Buffer =>
  descriptor(
    tag,
    ...channels.map((c) => {
      if (c.number < 0 || c.number > 1023) throw new RangeError("a logical channel number is 0 to 1023");
      return bigEndian(c.serviceId * 0x10000 + ((c.visible ? 0xfc00 : 0x7c00) | c.number), 4);
    }),
  );

/** A short event of title and text, cut to what fits into 255 bytes together. @see EN 300 468 §6.2.37 */
export function shortEventDescriptor(language: string, title: string, text: string): Buffer {
  const name = countedText(title, 249);
  return descriptor(
    TAG.shortEvent,
    threeLetters(language),
    name,
    countedText(text, Math.max(0, 255 - 3 - name.length - 1)),
  );
}

/** @param content content_nibble_level_1 << 4 | level_2 of each genre @see EN 300 468 §6.2.9 */
export const contentDescriptor = (content: readonly number[]): Buffer =>
  descriptor(TAG.content, ...content.map((nibbles) => [nibbles, 0]));

/** @param age lowest age in years, 4..18 @see EN 300 468 §6.2.28 */
export const parentalRatingDescriptor = (
  ratings: readonly { readonly country: string; readonly age: number }[],
): Buffer =>
  descriptor(
    TAG.parentalRating,
    ...ratings.map(({ country, age }) => {
      if (age < 4 || age > 18) throw new RangeError("a rated age is 4 to 18");
      return Buffer.concat([threeLetters(country), Buffer.from([age - 3])]);
    }),
  );

/**
 * @param teletextType 1 initial page, 2 subtitle page, 5 subtitle page for the hearing impaired
 * @param page page number as on screen, 100..899
 * @see EN 300 468 §6.2.43
 */
export const teletextDescriptor = (
  pages: readonly { readonly language: string; readonly teletextType: number; readonly page: number }[],
): Buffer =>
  descriptor(
    TAG.teletext,
    ...pages.map(({ language, teletextType, page }) => {
      const magazine = Math.trunc(page / 100) & 7;
      const bcd = ((Math.trunc(page / 10) % 10) << 4) | (page % 10);
      return Buffer.concat([threeLetters(language), Buffer.from([(teletextType << 3) | magazine, bcd])]);
    }),
  );

/** @param subtitlingType component_type of stream_content 3, e.g. 0x10 normal, 0x20 for the hard of hearing @see EN 300 468 §6.2.41 */
export const subtitlingDescriptor = (
  language: string,
  subtitlingType: number,
  compositionPageId: number,
  ancillaryPageId: number,
): Buffer =>
  descriptor(
    TAG.subtitling,
    threeLetters(language),
    [subtitlingType],
    bigEndian(compositionPageId, 2),
    bigEndian(ancillaryPageId, 2),
  );

/** @param componentType with service type and channels; null: left out @see EN 300 468 Annex D.3 */
export const ac3Descriptor = (componentType: number | null = null): Buffer =>
  descriptor(TAG.ac3, componentType === null ? [0x0f] : [0x8f, componentType]);

/** @param componentType with service type and channels; null: left out @see EN 300 468 Annex D.5 */
export const enhancedAc3Descriptor = (componentType: number | null = null): Buffer =>
  descriptor(TAG.enhancedAc3, componentType === null ? [0x00] : [0x80, componentType]);

/** @param profileAndLevel e.g. 0x51 AAC level 2, 0x58 HE-AAC level 2 @param aacType component_type of stream_content 6, or null @see EN 300 468 Annex H */
export const aacDescriptor = (profileAndLevel: number, aacType: number | null = null): Buffer =>
  descriptor(TAG.aac, aacType === null ? [profileAndLevel] : [profileAndLevel, 0xff, aacType]);

/** @param editorialClassification 1 audio description, 2 clean audio, 3 spoken subtitles @see EN 300 468 §6.4.11 */
export const supplementaryAudioDescriptor = (
  mixComplete: boolean,
  editorialClassification: number,
  language: string | null = null,
): Buffer =>
  descriptor(
    TAG.extension,
    [
      EXTENSION_TAG.supplementaryAudio,
      (mixComplete ? 0x80 : 0) | (editorialClassification << 2) | 0x02 | (language === null ? 0 : 1),
    ],
    language === null ? [] : threeLetters(language),
  );
