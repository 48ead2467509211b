import { randomInt } from "node:crypto";
import { encodeQuery, readQueryAnswer } from "../../protocol/dns/message.ts";
import { RCODE, rcodeName } from "../../protocol/dns/numbers.ts";
import type { RecordType } from "../../protocol/dns/records.ts";
import { dnsUnavailable, type DnsConnection } from "../../kernel/dns-connection.ts";
import { dnsRefused, unpublishable } from "./dns-failure.ts";

/**
 * What a name server answers for one type at one name; by TCP, so that nothing gets lost or is cut short.
 * @throws TellyportError `dns-unavailable`, `dns-refused`
 */
export async function readRecords(
  connection: DnsConnection,
  name: string,
  type: RecordType,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const id = randomInt(0x10000);
  let query: Buffer;
  try {
    query = encodeQuery(name, type, id);
  } catch (error) {
    throw unpublishable(error);
  }
  const answer = readQueryAnswer(await connection.ask(query, signal), name, type, id);
  const { server } = connection;
  switch (answer.kind) {
    case "values":
      return answer.values;
    case "failed": {
      const rcode = rcodeName(answer.rcode);
      if (answer.rcode === RCODE.SERVFAIL)
        throw dnsUnavailable(server, `cannot answer for ${name} (${rcode})`);
      throw dnsRefused(
        `The name server ${server} does not answer for ${name} (${rcode}). Check its address and that it serves the zone.`,
        { rcode },
      );
    }
    case "truncated":
    case "unreadable":
      throw dnsUnavailable(server, `gave no answer that can be read for ${name}`);
  }
}
