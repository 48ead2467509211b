import { runProgram } from "./daemon.ts";

/** What `dig` understood of an answer. */
export interface Dug {
  /** `NOERROR`, `NXDOMAIN`, ...; null: no answer. */
  readonly status: string | null;
  readonly flags: readonly string[];
  readonly answers: readonly DugRecord[];
  readonly authorities: readonly DugRecord[];
  readonly additionals: readonly DugRecord[];
  /** Of the EDNS pseudo section; null: there was none. */
  readonly edns: { readonly version: number; readonly udp: number } | null;
  /** The name of the question as it came back. */
  readonly question: string | null;
  /** Octets of the answer. */
  readonly size: number;
  readonly tcp: boolean;
  /** All that it printed. */
  readonly text: string;
}

export interface DugRecord {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  /** In the notation of a zone file. */
  readonly value: string;
}

export interface DigOptions {
  readonly address?: string;
  readonly port: number;
  readonly name: string;
  readonly type?: string;
  /** Further arguments, such as `+tcp`. */
  readonly options?: readonly string[];
  /** To put before the command, e.g. a network namespace's. */
  readonly wrapper?: readonly string[];
}

/** Asks a name server with dig; without recursion, one try of 3 s. */
export async function dig(query: DigOptions): Promise<Dug> {
  const { address = "127.0.0.1", port, name, type = "A", options = [], wrapper = [] } = query;
  const [command = "", ...args] = [
    ...wrapper,
    ...["dig", "-r", `@${address}`, "-p", String(port), "+norecurse", "+tries=1", "+time=3", "+nocookie"],
    ...options,
    ...["-q", name, "-t", type],
  ];
  const { stdout } = await runProgram(command, args);
  return readDig(stdout);
}

/** The values at a name, sorted; as `dig +short`, and without quotation marks around texts. */
export async function digValues(query: DigOptions): Promise<string[]> {
  const { answers } = await dig(query);
  return answers.map(({ value }) => value.replace(/^"(.*)"$/, "$1")).sort();
}

function readDig(text: string): Dug {
  const header = /status: (\w+),/.exec(text);
  const edns = /EDNS: version: (\d+),.* udp: (\d+)/.exec(text);
  return {
    status: header?.[1] ?? null,
    flags: /^;; flags: ([a-z ]*);/m.exec(text)?.[1]?.split(" ") ?? [],
    answers: section(text, "ANSWER"),
    authorities: section(text, "AUTHORITY"),
    additionals: section(text, "ADDITIONAL"),
    edns: edns === null ? null : { version: Number(edns[1]), udp: Number(edns[2]) },
    question: /^;; QUESTION SECTION:\n;(\S+)/m.exec(text)?.[1] ?? null,
    size: Number(/MSG SIZE +rcvd: (\d+)/.exec(text)?.[1] ?? 0),
    tcp: /^;; SERVER: .*\(TCP\)/m.test(text),
    text,
  };
}

function section(text: string, name: string): DugRecord[] {
  const [, lines = ""] = new RegExp(`^;; ${name} SECTION:\n((?:.+\n)*)`, "m").exec(text) ?? [];
  return lines.split("\n").flatMap((line) => {
    const [, owner, ttl, type, value] = /^(\S+)\s+(\d+)\s+\S+\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (owner === undefined || type === undefined || value === undefined) return [];
    return [{ name: owner, ttl: Number(ttl), type, value }];
  });
}
