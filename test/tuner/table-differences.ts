/** Where our tables differ from what another program read of a capture, and what decides it. */
export interface Difference {
  /** Which captures; part of the file's name. */
  readonly capture: string;
  /** Path of the field; a star stands for one part of it. */
  readonly field: string;
  readonly theirs: string;
  readonly ours: string;
  /** Clause of the standard, and what it says. */
  readonly because: string;
}

const NO_FREQUENCY =
  "EN 300 468 §6.2.13.4: a centre_frequency of all ones is none (dvbv5-scan multiplies -1); what has no frequency is no delivery, so its other members are left out as well";
const NO_CELLS =
  "EN 300 468 §6.4.6.3: the descriptor names no cell and no frequency; what has no frequency is no delivery, so its other members are left out as well";
const LOWER_CASE =
  "ISO/IEC 13818-1 §2.6.19 takes the code from ISO 639-2, which writes it in lower case; ours are made comparable";

export const DIFFERENCES: readonly Difference[] = [
  {
    capture: "dvbs2-fr-tnt5w",
    field: "nit.8442.*.frequencyHz",
    theirs: "-10",
    ours: "",
    because: NO_FREQUENCY,
  },
  ...(
    ["bandwidthHz", "codeRateLp", "hierarchy", "modulation", "transmissionMode", "guardInterval"] as const
  ).map((name) => ({
    capture: "dvbs2-fr-tnt5w",
    field: `nit.8442.*.${name}`,
    theirs: "*",
    ours: "",
    because: NO_FREQUENCY,
  })),
  {
    capture: "dvbs2-fr-tnt5w",
    field: "nit.8442.9.*",
    theirs: "*",
    ours: "",
    because:
      "EN 300 468 §6.4.6.3: a centre_frequency of 40 Hz is a place holder of the broadcaster's; no delivery is made of it",
  },
  {
    capture: "dvbs2-fr-tnt5w",
    field: "channel.*.TRANSPORT_ID",
    theirs: "1",
    ours: "6",
    because:
      "EN 300 468 §5.2.3: the SDT actual's table_id_extension is the transport_stream_id, 6 as in the PAT; dvbv5-scan took the NIT's first entry",
  },
  {
    capture: "dvbt-it-rai",
    field: "pmt.*.stream.*.language",
    theirs: "Oth",
    ours: "oth",
    because: LOWER_CASE,
  },
  {
    capture: "dvbt-it-rai",
    field: "pmt.3403.stream.652.language",
    theirs: "ITA",
    ours: "ita",
    because: LOWER_CASE,
  },
  {
    capture: "dvbt-uk-bbcnews",
    field: "sdt.service.4352.provider",
    theirs: "(null)",
    ours: "",
    because:
      "EN 300 468 §6.2.33: service_provider_name_length is 0, an empty name; `(null)` is C's print of no pointer",
  },
  ...(["plp", "bandwidthHz", "transmissionMode", "guardInterval"] as const).map((name) => ({
    capture: "dvbt2-cz-ct",
    field: `nit.8395.8465.${name}`,
    theirs: "*",
    ours: "",
    because: NO_CELLS,
  })),
  {
    capture: "dvbt2-cz-ct",
    field: "channel.16657.name",
    theirs: "498.00MHz#16657",
    ours: "CRo PLUS T2",
    because:
      "EN 300 468 §5.2.3: the SDT actual is in the capture; dvbv5-scan gave up waiting for it, and made a name up",
  },
];

/** What other programs read otherwise in guides and texts, shown by other tests. */
export const OTHER_READERS: readonly {
  readonly reader: string;
  readonly what: string;
  readonly because: string;
}[] = [
  {
    reader: "VDR 2.6.0",
    what: "decodes text with first byte 0x14 as Big5",
    because: 'EN 300 468 table A.3: 0x14 is the "Big5 subset of ISO/IEC 10646", two-byte UCS',
  },
  {
    reader: "the standard, by the letter",
    what: "unmarked text of CANALSAT (original_network_id 1) is ISO 6937",
    because:
      "EN 300 468 §A.2 says so, and the broadcaster sends ISO/IEC 8859-1: `RØalisØ` would be shown; ours follows the broadcaster, by network",
  },
];

/** The table of docs/table-differences.md. */
export function differencesAsMarkdown(): string {
  const cell = (text: string): string =>
    text === "" ? "(nothing)" : text === "*" ? "(a value)" : `\`${text}\``;
  const rows = DIFFERENCES.map(
    (one) =>
      `| ${one.capture} | \`${one.field}\` | ${cell(one.theirs)} | ${cell(one.ours)} | ${one.because} |`,
  );
  const others = OTHER_READERS.map((one) => `| ${one.reader} | ${one.what} | ${one.because} |`);
  return [
    "| capture | field | dvbv5-scan 1.22.1 | Tellyport | because |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "| reader | what it says | because |",
    "| --- | --- | --- |",
    ...others,
    "",
  ].join("\n");
}
