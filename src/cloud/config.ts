import { isIP } from "node:net";
import * as Type from "typebox";
import type { Static } from "typebox";
import { load, type ConfigKind, type Loaded, type LoadOptions } from "../kernel/config/loader.ts";
import { logSection, optionalSection, port, section } from "../kernel/config/parts.ts";
import { parsePrefix } from "../kernel/safe-fetch/address-class.ts";

/** The cloud's configuration file. Every key has its default here and nowhere else. */

/** Where installers put the file. */
export const CLOUD_CONFIG_PATH = "/etc/tellyport/cloud.yaml";

const count = (value: number, description: string, minimum = 1) =>
  Type.Integer({ minimum, maximum: 1_000_000, default: value, description });

const address = (value: string, description: string) =>
  Type.Refine(
    Type.String({
      default: value,
      description,
      rule: "must be an address of this machine, or :: for every one",
    }),
    (text) => isIP(text) !== 0,
  );

const Prefix = Type.Refine(
  Type.String({ maxLength: 64, rule: "must be an address or a prefix such as 10.0.0.0/8" }),
  isPrefix,
);

const HOST_NAME = "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

const DomainName = (description: string, value?: string) =>
  Type.String({
    pattern: `^${HOST_NAME}$`,
    maxLength: 190,
    rule: "must be a name in small letters without a dot at its end, such as box.example",
    ...(value !== undefined && { default: value }),
    description,
  });

const secret = (description: string) =>
  Type.String({ default: "", maxLength: 1024, description, secret: true });

export const CloudConfigSchema = section(
  {
    state: section(
      {
        directory: Type.String({
          minLength: 1,
          default: "/var/lib/tellyport-cloud",
          description: "Where the command line's socket is, and the SQLite database",
        }),
      },
      "State of this instance",
    ),
    database: Type.String({
      pattern: "^(sqlite|postgres(ql)?://.+)$",
      default: "sqlite",
      rule: "must be sqlite, or postgresql://USER:PASSWORD@HOST/DATABASE",
      description:
        "`sqlite`: a file in the state directory, for one instance; `postgresql://USER:PASSWORD@HOST/DATABASE`: for any number of them",
      secret: true,
    }),
    http: section(
      {
        address: address("::", "Address to listen on; `::` is every one, IPv4 too"),
        port: port(8090, "Plain http; TLS is a reverse proxy's in front. 0 picks a free one"),
        origins: Type.Array(
          Type.Refine(
            Type.String({
              pattern: "^https?://[a-z0-9.:[\\]-]+$",
              maxLength: 300,
              rule: "must be like https://cloud.example, without a slash at its end",
            }),
            (text) => URL.canParse(text),
          ),
          {
            default: [],
            maxItems: 16,
            description:
              "What boxes call this cloud, such as https://cloud.example: their requests are signed for it. None: localhost at the port",
          },
        ),
        trustedProxies: Type.Array(Prefix, {
          default: [],
          maxItems: 64,
          description:
            "Reverse proxies, whose last entry in X-Forwarded-For is taken for the sender; everybody else's is passed over",
        }),
        connections: count(4096, "Connections at a time"),
      },
      "The HTTP API",
    ),
    zone: section(
      {
        name: DomainName("Boxes have their names below it", "tellyport.test"),
        nameServers: Type.Array(
          Type.Object(
            {
              name: DomainName("Its name"),
              addresses: Type.Array(
                Type.Refine(Type.String({ rule: "must be an IP address" }), (text) => isIP(text) !== 0),
                { default: [], maxItems: 8, description: "Its addresses, where its name is in this zone" },
              ),
            },
            { additionalProperties: false },
          ),
          {
            default: [],
            maxItems: 16,
            description:
              "Name servers of the zone, as the zone above names them; for the embedded DNS server",
          },
        ),
        reserved: Type.Array(
          Type.String({
            pattern: "^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$",
            rule: "must be a label in small letters, such as intranet",
          }),
          {
            default: [],
            maxItems: 1000,
            description:
              "Labels right below the zone that no box may have, beside those of the machines that this file names: where the zone holds records of your own, since a box's would take their place",
          },
        ),
        caa: Type.Array(
          Type.String({
            pattern: "^(0|128) [a-z]+ [\\x21-\\x7e][\\x20-\\x7e]*$",
            maxLength: 255,
            rule: "must be FLAGS TAG VALUE, such as 0 issue letsencrypt.org",
          }),
          {
            default: [],
            maxItems: 8,
            description: "Who may issue certificates for boxes, such as `0 issue letsencrypt.org`",
          },
        ),
      },
      "The DNS zone",
    ),
    dns: section(
      {
        enabled: Type.Boolean({ default: true, description: "Answer DNS, where publisher.kind is embedded" }),
        address: address("127.0.0.1", "Address to answer on, UDP and TCP"),
        port: port(5300, "Port; 53 in earnest. 0 picks a free one"),
      },
      "The embedded DNS server",
    ),
    stun: section(
      {
        enabled: Type.Boolean({ default: true, description: "Tell boxes by STUN which address they have" }),
        addresses: Type.Array(
          Type.Refine(Type.String({ rule: "must be an IP address" }), (text) => isIP(text) !== 0),
          {
            default: [],
            maxItems: 8,
            description:
              "Addresses of this machine to answer on; none: every one, which on a machine with several answers from the wrong one",
          },
        ),
        port: port(3478, "UDP port; 0 picks a free one"),
        advertise: Type.String({
          pattern: "^([^\\s/?#@]+:[0-9]{1,5})?$",
          maxLength: 260,
          default: "",
          rule: "must be HOST:PORT",
          description: "What boxes are told, HOST:PORT; empty: the host of the first origin, and this port",
        }),
      },
      "The STUN server",
    ),
    publisher: section(
      {
        kind: Type.Union([Type.Literal("embedded"), Type.Literal("rfc2136"), Type.Literal("pdns-http")], {
          default: "embedded",
          description:
            "`embedded`: this process answers DNS itself; `rfc2136`: DNS UPDATE to BIND, Knot or PowerDNS; `pdns-http`: PowerDNS's HTTP API",
        }),
        rfc2136: optionalSection(
          {
            server: Type.String({
              minLength: 1,
              maxLength: 253,
              description: "Address of the primary name server",
            }),
            port: port(53, "Its port"),
            keyName: Type.String({ minLength: 1, maxLength: 253, description: "Name of the TSIG key" }),
            algorithm: Type.Union(
              ["hmac-sha256", "hmac-sha384", "hmac-sha512"].map((name) => Type.Literal(name)),
              { default: "hmac-sha256", description: "Of the TSIG key" },
            ),
            secret: secret("TSIG key, base64; or secretFile"),
            secretFile: Type.String({ default: "", maxLength: 4096, description: "File that holds the key" }),
          },
          "DNS UPDATE with TSIG",
        ),
        pdnsHttp: optionalSection(
          {
            url: Type.String({
              pattern: "^https?://[^\\s]+$",
              maxLength: 300,
              rule: "must be an http or https address",
              description: "Of its web server, such as http://127.0.0.1:8081",
            }),
            dnsServer: Type.String({
              default: "",
              maxLength: 253,
              description: "Where it answers queries; empty: the host of `url`",
            }),
            dnsPort: port(53, "Port of that"),
            serverId: Type.String({ default: "localhost", maxLength: 64, description: "Its server id" }),
            apiKey: secret("Its API key; or apiKeyFile"),
            apiKeyFile: Type.String({ default: "", maxLength: 4096, description: "File that holds the key" }),
          },
          "PowerDNS's HTTP API",
        ),
      },
      "Where the zone is published",
    ),
    addresses: section(
      {
        allow: Type.Array(Prefix, {
          default: [],
          maxItems: 64,
          description:
            "Further prefixes whose addresses are published, and dialled, as if they were the internet's: for laboratories",
        }),
      },
      "Which addresses boxes may have",
    ),
    limits: section(
      {
        enrolmentsPerNetworkHour: count(20, "New boxes of an IPv4 address or an IPv6 /64, in an hour"),
        enrolmentsPerRegionHour: count(100, "New boxes of an IPv4 /24 or an IPv6 /48, in an hour"),
        enrolmentsPerMinute: count(300, "New boxes at all, in a minute"),
        requestsPerBoxHour: count(720, "Requests of one box, in an hour"),
        requestsPerSenderSecond: count(40, "Requests of one IPv4 address or IPv6 /64, in a second"),
        dialBacks: count(64, "Boxes that are dialled back at a time"),
        dialBacksPerNetwork: count(4, "Of those in one IPv4 address or IPv6 /64"),
      },
      "Limits of each instance",
    ),
    metrics: section(
      { token: secret("Bearer token for /metrics; empty: the command line's socket alone") },
      "Prometheus metrics",
    ),
    log: logSection,
  },
  "The configuration of tellyport-cloud",
);

export type CloudConfig = Static<typeof CloudConfigSchema>;

const CLOUD: ConfigKind<typeof CloudConfigSchema> = {
  schema: CloudConfigSchema,
  defaultPath: CLOUD_CONFIG_PATH,
  stateDirectory: (config) => config.state.directory,
};

/** @throws as `load` */
export function loadCloudConfig(options: LoadOptions = {}): Promise<Loaded<CloudConfig>> {
  return load(CLOUD, options);
}

function isPrefix(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const most = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}

/** A prefix as {@link parsePrefix} reads it: an address alone is a whole one. */
export function wholePrefix(text: string): string {
  const whole = text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
  parsePrefix(whole);
  return whole;
}
