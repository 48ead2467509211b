import { isIP } from "node:net";
import * as Type from "typebox";
import type { Static, TSchema } from "typebox";
import { brandingSection } from "./branding.ts";
import { logSection, optionalSection, port, section } from "./parts.ts";

/**
 * The configuration file. Every key has a default here and nowhere else; `owner: true` marks what the owner may change
 * at run time (kept in the state directory, on top of the file), `provision: true` what a provisioning file may say, which is
 * applied to a new box and stands between the two.
 */

/** A pattern says what parts an address may have; whether it is one is more than that: its port, brackets, escapes. */
const webAddress = <T extends TSchema>(text: T) =>
  Type.Refine(text, (value) => value === "" || (typeof value === "string" && URL.canParse(value)));

/** Faults of the mock broadcaster, for developers. */
const mockFaults = optionalSection(
  {
    lockDelayMs: Type.Integer({ minimum: 0, maximum: 60_000, default: 150, description: "Time to lock, ms" }),
    noLock: Type.Array(Type.String(), {
      default: [],
      description: "Multiplexes that never lock, beside mock-4",
    }),
    noData: Type.Array(Type.String(), { default: [], description: "Multiplexes that lock and send nothing" }),
    packetLoss: Type.Number({ minimum: 0, maximum: 1, default: 0, description: "Share of packets lost" }),
  },
  "The mock broadcaster: two tuners, three multiplexes of four services",
);

const fileTuner = optionalSection(
  {
    paths: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: "Transport stream files, one multiplex each",
    }),
    bitrate: Type.Integer({
      minimum: 0,
      default: 0,
      description: "Bits per second for files without PCR; 0: estimated",
    }),
    loop: Type.Union([Type.Literal("seamless"), Type.Literal("jump")], {
      default: "seamless",
      description: "What happens at the end of a file",
    }),
  },
  "Recorded transport streams played as if on air",
);

const hdhomerunTuner = optionalSection(
  {
    discover: Type.Boolean({ default: true, description: "Look for devices on the local network" }),
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      maxItems: 16,
      description: "Devices by address, HOST or HOST:PORT, where broadcasts do not reach them",
    }),
  },
  "HDHomeRun tuners on the network",
);

const networkTuner = optionalSection(
  {
    lists: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      maxItems: 32,
      description:
        "M3U lists, by path or http(s) address, of transport streams over http, https, udp and rtp",
    }),
    tuners: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 4,
      description: "Streams received at the same time",
    }),
    interface: Type.String({
      default: "",
      description: "Local address of the interface that joins multicast groups; empty: the system's choice",
    }),
    allow: Type.Array(
      Type.String({
        pattern: "^https?://[^\\s/?#@]+/?$",
        maxLength: 300,
        rule: "must be http://HOST:PORT or https://HOST:PORT",
      }),
      {
        default: [],
        maxItems: 64,
        description:
          "Servers that lists may name though they are this box itself, or in private networks beyond its own, such as http://127.0.0.1:4022",
      },
    ),
  },
  "Transport streams of the network",
);

const satipTuners = optionalSection(
  {
    discover: Type.Boolean({ default: true, description: "Look for servers on the local network" }),
    servers: Type.Array(
      Type.Object(
        {
          host: Type.String({
            pattern: "^[A-Za-z0-9._:-]{1,253}$",
            description: "Address or name of the server",
          }),
          port: Type.Integer({ minimum: 1, maximum: 65535, default: 554, description: "Port of its RTSP" }),
          capabilities: Type.String({
            pattern: "^([A-Za-z0-9]{2,10}-[0-9]{1,2}(,|$))*$",
            default: "",
            description: "Its front ends, such as DVBS2-8,DVBT-4; empty: as it says itself",
          }),
          frontends: Type.Array(Type.Integer({ minimum: 1, maximum: 64 }), {
            default: [],
            maxItems: 64,
            description: "Front ends to use, by number; none: the server chooses",
          }),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 16, description: "Servers by address" },
    ),
    transport: Type.Union([Type.Literal("auto"), Type.Literal("udp"), Type.Literal("tcp")], {
      default: "auto",
      description: "How packets come; auto: by UDP, and by TCP when none get through",
    }),
    satellites: Type.Array(
      Type.Object(
        {
          orbital: Type.String({
            pattern: "^[0-9]{1,3}\\.[0-9][EW]$",
            description: "Orbital position, such as 19.2E",
          }),
          source: Type.Integer({
            minimum: 1,
            maximum: 255,
            description: "Number of the signal source at the server (src)",
          }),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 255, description: "Dishes of the servers; none: one dish, source 1" },
    ),
  },
  "SAT>IP servers on the network",
);

const lnbFields = {
  lowMHz: Type.Number({ minimum: 0, default: 9750, description: "Local oscillator of the low band, MHz" }),
  highMHz: Type.Number({
    minimum: 0,
    default: 10_600,
    description: "Local oscillator of the high band, MHz; 0: there is one band only",
  }),
  switchMHz: Type.Number({
    minimum: 0,
    default: 11_700,
    description: "The high band begins here, MHz on air",
  }),
};

const dvbTuners = optionalSection(
  {
    adapters: Type.Array(Type.Integer({ minimum: 0 }), {
      default: [],
      description: "Numbers N of /dev/dvb/adapterN; none: every one",
    }),
    lnb: section(lnbFields, "The LNB of every dish that names none of its own"),
    satellites: Type.Array(
      Type.Object(
        {
          orbital: Type.String({
            pattern: "^[0-9]{1,3}\\.[0-9][EW]$",
            description: "Orbital position, such as 19.2E",
          }),
          port: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 4, description: "Input of a DiSEqC 1.0 switch" }),
          ),
          uncommittedPort: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 16, description: "Input of a DiSEqC 1.1 switch" }),
          ),
          toneBurst: Type.Optional(
            Type.Union([Type.Literal("A"), Type.Literal("B")], {
              description: "Tone burst of a switch with two inputs",
            }),
          ),
          lnb: optionalSection(lnbFields, "The LNB of this dish"),
        },
        { additionalProperties: false },
      ),
      { default: [], description: "Dishes and the switches before them; none: one dish without a switch" },
    ),
    signalSeconds: Type.Number({
      minimum: 1,
      maximum: 3600,
      default: 1,
      description: "The signal is measured so often; some drivers lose packets meanwhile",
    }),
  },
  "DVB adapters of this machine, /dev/dvb",
);

const channelName = Type.Union([Type.String({ minLength: 1 }), Type.Integer()], {
  rule: "must be the number or name of a channel",
});

const languageCode = Type.String({
  pattern: "^[a-z]{2,3}$",
  rule: "must be a language code such as de or deu",
});

const xmltvSource = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        pattern: "^https?://[^\\s/]+",
        maxLength: 2048,
        rule: "must be an http or https address",
        description: "http(s) address",
      }),
    ),
    path: Type.Optional(
      Type.String({ minLength: 1, description: "A file; it is read again when it has changed" }),
    ),
    refreshHours: Type.Number({
      minimum: 0.25,
      maximum: 168,
      default: 12,
      description: "The address is asked again after this",
    }),
    channels: Type.Record(Type.String(), channelName, {
      default: {},
      description:
        "Id of a channel in the listing, and the number or name that it has here; others are found by name",
    }),
    languages: Type.Array(languageCode, {
      default: [],
      maxItems: 8,
      description: "Languages wanted, the first most, such as de or deu; none: what the listing has first",
    }),
  },
  {
    additionalProperties: false,
    oneOf: [{ required: ["url"] }, { required: ["path"] }],
    rule: "must have either url or path",
  },
);

export const ConfigSchema = section(
  {
    box: section(
      {
        name: Type.String({
          minLength: 1,
          maxLength: 64,
          default: "Tellyport",
          description: "What phones call this box",
          owner: true,
          provision: true,
        }),
        language: Type.Union([Type.Literal("auto"), Type.Literal("en"), Type.Literal("zh")], {
          default: "auto",
          description:
            "Language of the television's page; `auto`: its browser's. Whoever chooses another there has that one",
          provision: true,
        }),
      },
      "The box",
    ),
    branding: brandingSection,
    provision: section(
      {
        file: Type.String({
          minLength: 1,
          maxLength: 4096,
          default: "/etc/tellyport/provision.yaml",
          description:
            "What a new box begins with: applied once, at the first start and at the first one after a reset. It need not be there",
        }),
      },
      "First values from an installer",
    ),
    state: section(
      {
        directory: Type.String({
          minLength: 1,
          default: "/var/lib/tellyport",
          description: "Where keys, clients and channels are kept",
        }),
        factoryResetFile: Type.String({
          maxLength: 4096,
          default: "",
          description:
            "A file that whatever watches the box's reset button makes: when it is there at a start, the box becomes a new one, and the file is removed, which the daemon's user must be allowed to. Empty: `factory-reset` in the state directory alone",
        }),
      },
      "What must survive a power cut",
    ),
    http: section(
      {
        address: Type.Refine(
          Type.String({
            default: "::",
            description: "Address to listen on; `::` is every one, IPv4 too",
            rule: "must be an address of this machine, such as 192.168.1.5, or :: for every one",
          }),
          (address) => isIP(address) !== 0,
        ),
        port: port(8080, "Plain http; 0 picks a free one"),
        hosts: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description: "Further host names that requests may name",
        }),
        https: section(
          {
            enabled: Type.Boolean({ default: true, description: "Serve https too" }),
            port: port(8443, "https; 0 picks a free one"),
            certificateFile: Type.String({
              maxLength: 4096,
              default: "",
              description:
                "PEM file with a certificate of your own and its chain, served to who asks for a name that it covers; read again when it changes. Empty: there is none",
            }),
            keyFile: Type.String({
              maxLength: 4096,
              default: "",
              description: "PEM file with that certificate's private key",
            }),
          },
          "https with a certificate that the box made, got from an authority (`online.certificate`), or was given",
        ),
        trustedProxies: Type.Array(
          Type.String({
            pattern: "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$",
            maxLength: 64,
            rule: "must be an address such as 192.168.1.2, or a prefix such as 10.0.0.0/8",
          }),
          {
            default: [],
            maxItems: 16,
            description:
              "Reverse proxies in front of the box, by address or prefix: the last entry of their X-Forwarded-For is the sender, who never counts as at home",
          },
        ),
      },
      "The HTTP server",
    ),
    access: section(
      {
        policy: Type.Union([Type.Literal("relaxed"), Type.Literal("nextv-f")], {
          default: "relaxed",
          description:
            "`relaxed`: a pairing ends 30 days after the last use, and 180 days after pairing at the latest; 64 clients, two viewers away from home at a time; `nextv-f` (NexTV-F TR-001): paired at home only, which ends 30 days after the last use, and 90 days after pairing at the latest; 6 clients, one viewer away from home at a time",
          provision: true,
        }),
        lanHttp: Type.Boolean({
          default: true,
          description: "Phones at home may watch over plain http, without a key of their own",
          provision: true,
        }),
        keepWatched: Type.Boolean({
          default: true,
          description: "Write down for owners who watched what, for 90 days",
          owner: true,
          provision: true,
        }),
      },
      "Who may watch",
    ),
    online: section(
      {
        enabled: Type.Boolean({
          default: false,
          description: "Register the box's name and address with the cloud",
          owner: true,
          provision: true,
        }),
        cloud: webAddress(
          Type.String({
            pattern: "^(https?://[^\\s/?#@]+)?$",
            maxLength: 300,
            default: "",
            rule: "must be an address such as https://cloud.example",
            description:
              "Address of the cloud that keeps the box's name, such as https://cloud.example; empty: none",
            owner: true,
            provision: true,
          }),
        ),
        openPorts: Type.Boolean({
          default: false,
          description:
            "Ask the router to let phones in from outside (PCP, NAT-PMP, UPnP): https alone, as long as the box runs",
          owner: true,
          provision: true,
        }),
        port: Type.Integer({
          minimum: 0,
          maximum: 65535,
          default: 0,
          description:
            "Port at which the router lets phones in: the one that you forwarded to the box's https by hand, or the one to ask for. 0: the box's own https port is asked for",
          owner: true,
          provision: true,
        }),
        stun: Type.Array(
          Type.String({
            pattern: "^[^\\s/?#@]+:[0-9]{1,5}$",
            maxLength: 260,
            rule: "must be HOST:PORT",
          }),
          {
            default: [],
            maxItems: 4,
            description: "STUN servers, HOST:PORT, that tell the box its address, beside the cloud's own",
          },
        ),
        authoritiesFile: Type.String({
          maxLength: 4096,
          default: "",
          description:
            "PEM file with certificate authorities that are trusted, beside the system's, when the box asks the cloud or orders certificates",
        }),
        certificate: section(
          {
            directory: webAddress(
              Type.String({
                pattern: "^(https://[^\\s]+)?$",
                maxLength: 2048,
                default: "https://acme-v02.api.letsencrypt.org/directory",
                rule: "must be an https address",
                description: "ACME directory of the certificate authority; empty: no certificate is ordered",
              }),
            ),
            contact: Type.String({
              pattern: "^([^\\s@]+@[^\\s@]+)?$",
              maxLength: 254,
              default: "",
              rule: "must be an e-mail address",
              description: "E-mail address that the authority may write to",
            }),
            profile: Type.String({
              pattern: "^[A-Za-z0-9_-]*$",
              maxLength: 64,
              default: "",
              description: "Profile of the certificate, where the authority has several",
            }),
            accountId: Type.String({
              maxLength: 255,
              default: "",
              description: "Key identifier of an external account, for authorities that want one",
            }),
            accountKeyFile: Type.String({
              maxLength: 4096,
              default: "",
              description: "File with that account's MAC key, base64url",
            }),
            log: webAddress(
              Type.String({
                pattern: "^(https?://[^\\s]+)?$",
                maxLength: 2048,
                default: "",
                rule: "must be an http or https address",
                description:
                  "Feed of the public certificate logs, such as https://crt.sh/: the box tells its owner when somebody else has a certificate for its name. The feed learns that name. Empty: nobody is asked",
              }),
            ),
          },
          "The certificate for the box's names",
        ),
        dyndns2: optionalSection(
          {
            server: webAddress(
              Type.String({
                pattern: "^https?://[^\\s?#@]+$",
                maxLength: 300,
                rule: "must be an address such as https://dyndns.example/nic/update",
                description: "Update address, such as https://dyndns.example/nic/update",
              }),
            ),
            hosts: Type.Array(Type.String({ minLength: 3, maxLength: 253 }), {
              minItems: 1,
              maxItems: 8,
              description: "Names to update, the first is the box's",
            }),
            user: Type.String({ minLength: 1, maxLength: 255, description: "User" }),
            passwordFile: Type.String({
              minLength: 1,
              maxLength: 4096,
              description: "File with the password",
            }),
          },
          "A name at another provider, updated by the dyndns2 protocol",
        ),
        rfc2136: optionalSection(
          {
            server: Type.String({
              pattern: "^[^\\s/?#@]+$",
              maxLength: 255,
              rule: "must be a name or an address, without port",
              description: "The zone's primary name server",
            }),
            port: Type.Integer({ minimum: 1, maximum: 65535, default: 53, description: "Its port, TCP" }),
            zone: Type.String({ minLength: 1, maxLength: 253, description: "Zone" }),
            name: Type.String({
              minLength: 1,
              maxLength: 253,
              description: "The box's name, within the zone",
            }),
            ttl: Type.Integer({ minimum: 5, maximum: 86_400, default: 60, description: "Time to live, s" }),
            keyName: Type.String({ minLength: 1, maxLength: 253, description: "Name of the TSIG key" }),
            algorithm: Type.Union([Type.Literal("hmac-sha256"), Type.Literal("hmac-sha512")], {
              default: "hmac-sha256",
              description: "Algorithm of the TSIG key",
            }),
            secretFile: Type.String({
              minLength: 1,
              maxLength: 4096,
              description: "File with the key's secret, base64",
            }),
          },
          "A name in a zone of your own, updated by DNS UPDATE (RFC 2136); certificates for it are ordered by it too",
        ),
      },
      "How the box is found from anywhere",
    ),
    announce: section(
      {
        mdns: Type.Boolean({ default: true, description: "Announce _tellyport._tcp by multicast DNS" }),
        ssdp: Type.Union([Type.Literal("own"), Type.Literal("node-ssdp"), Type.Literal("off")], {
          default: "own",
          description: "Which SSDP responder announces the box",
        }),
      },
      "How phones at home find the box",
    ),
    tuners: Type.Object(
      {
        mock: mockFaults,
        file: fileTuner,
        hdhomerun: hdhomerunTuner,
        network: networkTuner,
        dvb: dvbTuners,
        satip: satipTuners,
      },
      {
        additionalProperties: false,
        default: {},
        description: "Where multiplexes come from; a key that is present is used",
      },
    ),
    scan: section(
      {
        tuners: Type.Integer({
          minimum: 1,
          maximum: 64,
          default: 8,
          description: "A channel scan uses as many tuners at a time, at most; only those that are free",
        }),
        atFirstStart: Type.Boolean({
          default: false,
          description:
            "A box that was never scanned scans by itself, once its tuners are there; one that a power cut ended is begun again, three times at most",
          provision: true,
        }),
        country: Type.String({
          pattern: "^([A-Za-z]{2})?$",
          default: "",
          description: "That scan's country, ISO 3166-1, such as FR; empty: what the tuners know themselves",
          rule: "must be a country's two letters, such as FR",
          provision: true,
        }),
        region: Type.String({
          pattern: "^([A-Za-z0-9_-]{1,16}/[^/\\s]{1,64})?$",
          default: "",
          description:
            "That scan's transmitter, dish or cable network: an initial tuning table below /usr/share/dvb, such as dvb-t/de-Berlin. Where it is not there, the country's whole plan is scanned; empty: so too",
          rule: "must be a folder and a file below /usr/share/dvb, such as dvb-t/de-Berlin",
          provision: true,
        }),
        system: Type.Union(
          [
            Type.Literal("any"),
            Type.Literal("dvbt"),
            Type.Literal("dvbt2"),
            Type.Literal("dvbc"),
            Type.Literal("dvbs"),
            Type.Literal("dvbs2"),
            Type.Literal("isdbt"),
            Type.Literal("dtmb"),
            Type.Literal("atsc"),
            Type.Literal("cable"),
          ],
          {
            default: "any",
            description: "That scan's system alone; `cable` is the country's own",
            provision: true,
          },
        ),
      },
      "Channel scan",
    ),
    guide: section(
      {
        collect: Type.Boolean({
          default: true,
          description: "Idle tuners read the programme guide of one multiplex after another",
        }),
        periodHours: Type.Number({
          minimum: 0.25,
          maximum: 168,
          default: 6,
          description: "Each multiplex is visited for its guide again after this",
        }),
        xmltv: Type.Array(xmltvSource, {
          default: [],
          maxItems: 16,
          description:
            "XMLTV listings, plain or gzip; what is broadcast wins over them, and of several that have a channel the first",
        }),
      },
      "Programme guide",
    ),
    live: section(
      {
        mediaBudgetMiB: Type.Integer({
          minimum: 8,
          maximum: 4096,
          default: 64,
          description: "Memory for all media, MiB",
        }),
        instantZap: Type.Boolean({
          default: true,
          description:
            "The last seconds of every channel of a multiplex that is watched are kept, within mediaBudgetMiB: changing to one of them takes no time. It makes a tuner deliver its whole multiplex",
        }),
        predictiveTuners: Type.Integer({
          minimum: 0,
          maximum: 64,
          default: 2,
          description:
            "While somebody watches, so many idle tuners wait on the multiplexes of the channels that are likely to be next; anybody else who needs one goes before. 0: none. Only with instantZap",
        }),
        idleSeconds: Type.Number({
          minimum: 1,
          maximum: 3600,
          default: 20,
          description: "A stream that nobody asks for ends after this",
        }),
        lingerSeconds: Type.Number({
          minimum: 0,
          maximum: 3600,
          default: 10,
          description: "A tuner stays on its multiplex this long after the last viewer",
        }),
        transcoding: section(
          {
            cores: Type.Number({
              minimum: 0,
              maximum: 64,
              default: 0,
              description:
                "Processor cores that all converted pictures together may use in software; 0: half of what there is, one at least. A hardware encoder takes none of it",
            }),
            ffmpeg: Type.String({
              maxLength: 4096,
              default: "",
              description:
                "The box vendor's ffmpeg, used where TELLYPORT_FFMPEG and PATH name none; empty: there is none",
            }),
          },
          "Converting what a phone cannot play",
        ),
        timeShift: section(
          {
            minutes: Type.Integer({
              minimum: 0,
              maximum: 720,
              default: 30,
              description:
                "How far back a channel can be watched while somebody watches it: as much of it as mediaBudgetMiB and diskMiB hold. 0: no farther than players need",
            }),
            directory: Type.String({
              maxLength: 4096,
              default: "",
              description:
                "A folder on a disk that may be written to all the time, as 8 Mbit/s are 86 GB a day: not the box's own flash memory. It must be there, best below the disk's mount point, and is never made; in it only files named tellyport-timeshift-*.extent are ours. Empty: memory only",
            }),
            diskMiB: Type.Integer({
              minimum: 64,
              maximum: 1_048_576,
              default: 8192,
              description:
                "The files in that folder are never larger together, MiB; a quarter of it is for what has left the playlists already. 30 minutes of 8 Mbit/s are 1800 MB",
            }),
          },
          "Pausing and going back",
        ),
        tunersPerRole: section(
          {
            owner: Type.Integer({
              minimum: 0,
              maximum: 64,
              default: 64,
              description: "By owners",
              provision: true,
            }),
            viewer: Type.Integer({
              minimum: 0,
              maximum: 64,
              default: 64,
              description: "By viewers",
              provision: true,
            }),
            guest: Type.Integer({
              minimum: 0,
              maximum: 64,
              default: 1,
              description: "By guests",
              provision: true,
            }),
          },
          "So many tuners may be held at a time, beside what others hold and they share",
        ),
      },
      "Live streams",
    ),
    log: logSection,
  },
  "Tellyport's configuration",
);

export type Config = Static<typeof ConfigSchema>;
