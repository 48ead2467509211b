import { PRIVATE_DATA } from "./descriptors.ts";
import type { TextOptions } from "./text.ts";
import type { DefaultTable } from "./unmarked-text.ts";

/** Where text comes from, as far as that is known. */
export interface TextOrigin {
  readonly originalNetworkId?: number | null;
  readonly transportStreamId?: number | null;
  /** private_data_specifier in force where the text stands. @see TS 101 162 */
  readonly privateDataSpecifier?: number | null;
}

interface Quirk {
  readonly network: number;
  /** Ranges of transport_stream_id; absent: all. */
  readonly streams?: readonly (readonly [first: number, last: number])[];
  readonly table: DefaultTable;
}

const one = (...streams: number[]): (readonly [number, number])[] => streams.map((id) => [id, id]);

/** Networks whose unmarked text is not ISO 6937; the first that fits holds. */
const QUIRKS: readonly Quirk[] = [
  // Astra 19.2E: MTV's services keep to the standard, the French, Spanish and German ones send ISO/IEC 8859-1.
  { network: 0x0001, streams: one(0x042a, 0x0436), table: "iso-6937" },
  { network: 0x0001, table: "latin-1" },
  // Hot Bird 13E, the Polish platforms. Rai's terrestrial network has the same number, and keeps to the standard.
  { network: 0x0071, streams: one(7400, 7800, 7900, 8100, 13200), table: "polish" },
  {
    network: 0x013e,
    streams: one(200, 300, 400, 700, 1000, 1100, 1500, 1600, 2800, 8100, 8900, 11000, 11400, 11600).concat(
      one(11700, 11900, 12200, 12800, 13000, 13100, 15700),
    ),
    table: "polish",
  },
  // Eutelsat 7E, the Turkish platform.
  {
    network: 0x007e,
    streams: [
      [20600, 21100],
      [41200, 41200],
      [50100, 51000],
    ],
    table: "iso-8859-9",
  },
];

const CANAL_PLUS_TABLE: DefaultTable = "latin-1";

/** original_network_id of terrestrial and satellite ISDB in Japan; elsewhere (Brazil) ISDB-T has DVB's text. */
const isJapanese = (network: number): boolean =>
  (network >= 0x7800 && network <= 0x7fff) || network <= 0x000a;

/**
 * How to read the text of a network.
 * @param owner what the owner set, and the delivery system; a default table there wins over what is known of the network
 */
export function textOptionsFor(origin: TextOrigin, owner: TextOptions = {}): TextOptions {
  if (owner.standard !== undefined) return owner;
  const network = origin.originalNetworkId ?? null;
  if (owner.system === "isdbt") {
    if (network === null || isJapanese(network)) return { ...owner, standard: "arib" };
    return { default: "iso-8859-15", ...owner };
  }
  const table = knownTable(origin, network, owner);
  return table === null ? owner : { default: table, ...owner };
}

function knownTable(
  origin: TextOrigin,
  network: number | null,
  { system }: TextOptions,
): DefaultTable | null {
  if (origin.privateDataSpecifier === PRIVATE_DATA.canalPlus) return CANAL_PLUS_TABLE;
  // Chinese terrestrial networks seldom mark their GB 2312 or GBK.
  if (system === "dtmb") return "gb18030";
  const stream = origin.transportStreamId ?? null;
  const quirk = QUIRKS.find(
    (quirk) =>
      quirk.network === network &&
      (quirk.streams === undefined ||
        (stream !== null && quirk.streams.some(([first, last]) => stream >= first && stream <= last))),
  );
  return quirk?.table ?? null;
}

/** Languages in a script that ISO 6937 has no letters of: unmarked text in them cannot be ISO 6937. */
const BY_LANGUAGE: Readonly<Record<string, DefaultTable>> = {
  ara: "iso-8859-6",
  bel: "iso-8859-5",
  bul: "iso-8859-5",
  chi: "gb18030",
  ell: "iso-8859-7",
  gre: "iso-8859-7",
  heb: "iso-8859-8",
  kor: "euc-kr",
  mac: "iso-8859-5",
  mkd: "iso-8859-5",
  rus: "iso-8859-5",
  tha: "iso-8859-11",
  ukr: "iso-8859-5",
  zho: "gb18030",
};

/**
 * The same options for text that says its language, as events do. Nothing changes where a default table is known.
 * @param language ISO 639-2, lower case, or null
 */
export function textOptionsIn(language: string | null, options: TextOptions = {}): TextOptions {
  const table = language === null ? undefined : BY_LANGUAGE[language];
  return table === undefined || options.default !== undefined ? options : { ...options, default: table };
}
