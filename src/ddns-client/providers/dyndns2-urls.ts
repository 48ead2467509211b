import { TellyportError } from "../../kernel/errors.ts";
import type { Addresses } from "./name-provider.ts";

/** Where a provider takes updates. */
export interface Dyndns2Target {
  /**
   * A server (`dyn.example`, `https://dyn.example/v3/update`), or a whole address with the placeholders that router makers use:
   * `<domain>`, `<ipaddr>`, `<ip6addr>`, `<username>`, `<pass>`. Https where no scheme is written.
   */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** `together`: `myip=V4,V6` in one request; `apart`: a request for each. Of an address with placeholders it is passed over. Default `together` */
  readonly families?: "together" | "apart";
}

const PLACEHOLDER = /<(domain|ipaddr|ip6addr|username|pass|passwd)>/g;

/**
 * The requests that update a name.
 * @throws TellyportError `config-invalid` when the address is none
 */
export function updateUrls(target: Dyndns2Target, hostname: string, { ipv4, ipv6 }: Addresses): URL[] {
  const text = /^https?:\/\//i.test(target.url) ? target.url : `https://${target.url}`;
  if (isTemplate(target)) return [parse(filled(text, target, hostname, { ipv4, ipv6 }))];
  const addresses = [ipv4, ipv6].filter((address) => address !== null);
  const lists = target.families === "apart" ? addresses : [addresses.join(",")];
  return lists.map((list) => {
    const url = parse(text);
    if (url.pathname === "/") url.pathname = "/nic/update";
    // As ddclient sends it: not every server undoes an escaped comma or colon.
    const own = `hostname=${encodeURIComponent(hostname)}&myip=${list}`;
    url.search = url.search === "" ? own : `${url.search}&${own}`;
    return url;
  });
}

/** Whether the password stands in the address, so that it is not sent another time. */
export function hasPasswordInUrl({ url }: Dyndns2Target): boolean {
  return /<pass(wd)?>/.test(url);
}

function isTemplate({ url }: Dyndns2Target): boolean {
  return url.search(PLACEHOLDER) >= 0;
}

function filled(text: string, target: Dyndns2Target, hostname: string, { ipv4, ipv6 }: Addresses): string {
  const values: Record<string, string> = {
    domain: encodeURIComponent(hostname),
    ipaddr: ipv4 ?? "",
    ip6addr: ipv6 ?? "",
    username: encodeURIComponent(target.user),
    pass: encodeURIComponent(target.password),
    passwd: encodeURIComponent(target.password),
  };
  return text.replace(PLACEHOLDER, (_whole, name: string) => values[name] ?? "");
}

function parse(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  // Not repeated: it may hold the password.
  throw new TellyportError(
    "config-invalid",
    "The address at which the name's provider takes updates cannot be read.",
  );
}
