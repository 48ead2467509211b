import { TellyportError } from "../../kernel/errors.ts";
import type { Delivery } from "../ports.ts";
import { deliveryOf, type Fields } from "./initial-delivery.ts";
import { excerpt, invalid } from "./initial-fault.ts";
import { fieldsOfOldLine } from "./initial-old-line.ts";

/** One multiplex of an initial tuning file. */
export interface InitialMultiplex {
  readonly delivery: Delivery;
  /** What stands in the brackets; empty in the old format. */
  readonly name: string;
  /** Line of its header, from 1. */
  readonly line: number;
}

export interface InitialTables {
  readonly multiplexes: readonly InitialMultiplex[];
  /** Entries of broadcasting systems that Tellyport does not receive. */
  readonly skipped: readonly { readonly line: number; readonly system: string }[];
}

interface Section {
  readonly name: string;
  readonly line: number;
  readonly fields: Fields;
}

/** In no text file. */
const BINARY = /(?![\t-\r])\p{Cc}/u;

/**
 * Reads initial tuning data as the project dtv-scan-tables keeps them: `[CHANNEL]` sections of `KEY = value` (dvbv5), or the one-line
 * format before it (`T 474000000 8MHz ...`). A file of channels (dvbv5-scan's own result) is one too: services of one multiplex
 * give it once. Keys that are not known are passed over.
 * @param options.orbital position of the satellite, such as `19.2E`: the files do not tell it; default null, "of the only dish"
 * @throws TellyportError `initial-table-invalid`, with the line and what to write there
 */
export function parseInitialTables(text: string, options: { orbital?: string | null } = {}): InitialTables {
  if (BINARY.test(text))
    throw new TellyportError(
      "initial-table-invalid",
      "This is no text: give initial data in the format of dtv-scan-tables, as a text file.",
    );
  const multiplexes: InitialMultiplex[] = [];
  const skipped: { line: number; system: string }[] = [];
  const seen = new Set<string>();
  for (const section of sections(text)) {
    const delivery = deliveryOf(section.fields, { line: section.line, orbital: options.orbital ?? null });
    if (delivery === null) {
      skipped.push({ line: section.line, system: section.fields.get("DELIVERY_SYSTEM")?.value ?? "" });
      continue;
    }
    const key = JSON.stringify(delivery);
    if (seen.has(key)) continue;
    seen.add(key);
    multiplexes.push({ delivery, name: section.name, line: section.line });
  }
  if (multiplexes.length === 0)
    throw new TellyportError(
      "initial-table-invalid",
      skipped[0] === undefined
        ? "The file names no multiplex: it should hold sections such as [CHANNEL] with DELIVERY_SYSTEM = DVBT and FREQUENCY = 474000000."
        : `Tellyport receives none of the systems that the file names (line ${skipped[0].line}: ${skipped[0].system}): use a file for DVB, ISDB-T, DTMB or ATSC.`,
    );
  return { multiplexes, skipped };
}

function* sections(text: string): Generator<Section, void, void> {
  let open: { name: string; line: number; fields: Map<string, { value: string; line: number }> } | null =
    null;
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    const content = raw.replace(index === 0 ? /^\ufeff/ : /$^/, "").trim();
    if (content === "" || content.startsWith("#") || content.startsWith(";")) continue;
    // A name may hold brackets of its own: "[Film [HD]]".
    const header = /^\[(.*)\]$/.exec(content);
    if (header !== null) {
      if (open !== null) yield open;
      open = { name: header[1] ?? "", line, fields: new Map() };
      continue;
    }
    const pair = /^([A-Za-z0-9_]+)\s*=\s*(.*)$/.exec(content);
    if (pair !== null) {
      if (open === null)
        throw invalid(line, `"${excerpt(content)}" stands in no section: put a line [CHANNEL] above it`);
      const value = (pair[2] ?? "").replace(/\s#.*$/, "").trim();
      open.fields.set((pair[1] ?? "").toUpperCase(), { value, line });
      continue;
    }
    const fields = fieldsOfOldLine(content.replace(/\s*#.*$/, ""), line);
    if (fields === null)
      throw invalid(
        line,
        `"${excerpt(content)}" is neither [CHANNEL], KEY = value, nor a line such as "T 474000000 8MHz 2/3 NONE QAM64 8k 1/4 NONE": correct it, or put # before it`,
      );
    if (open !== null) yield open;
    open = null;
    yield { name: "", line, fields };
  }
  if (open !== null) yield open;
}
