import * as Type from "typebox";
import type { Static } from "typebox";
import type { AccessEvents } from "./access-api.ts";
import { ClientLimits } from "./client-limits.ts";
import { OnlineState } from "./online.ts";

/**
 * The HTTP API's bodies: one schema each, from which come the types, the validation and the OpenAPI document.
 * All times are ISO 8601 in UTC. Every object may gain members; clients ignore what they do not know.
 */

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
const Id = Type.String({ minLength: 1, maxLength: 128 });

/** RFC 9457. `code` is stable and listed in docs/errors.md. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String({ description: "For people, in English; clients translate by code" }),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.Optional(Type.Unknown({ description: "Facts to act on, per code" })),
    retryAfterMs: Type.Optional(Type.Number()),
  },
  { title: "Problem" },
);
export type Problem = Static<typeof Problem>;

export const Box = Type.Object(
  {
    id: Type.String({ description: "Hash of the box's public key, base32, 16 characters" }),
    name: Type.String(),
    version: Type.String(),
    clock: Type.Union([Type.Literal("synchronised"), Type.Literal("unsynchronised")]),
    clockDoubt: Type.Optional(
      Type.Union(
        [
          Type.Literal("behind"),
          Type.Literal("implausible"),
          Type.Literal("unconfirmed"),
          Type.Literal("broadcast-differs"),
        ],
        { description: "Why the clock is not to be trusted; absent: it is" },
      ),
    ),
    pairing: Type.Union([Type.Literal("open"), Type.Literal("closed")], {
      description: "Whether an offer is open now",
    }),
    claimed: Type.Boolean({ description: "Whether the box has an owner" }),
    https: Type.Union([
      Type.Object({
        port: Type.Integer(),
        fingerprint: Type.String({ description: "SHA-256 of the certificate, hex" }),
      }),
      Type.Null(),
    ]),
    time: Time,
    stateDoubt: Type.Optional(
      Type.Union(
        [
          Type.Literal("failing"),
          Type.Literal("read-only"),
          Type.Literal("full"),
          Type.Literal("forbidden"),
          Type.Literal("missing"),
        ],
        { description: "Why the box can keep nothing new; absent: it can" },
      ),
    ),
    language: Type.Optional(
      Type.Union([Type.Literal("en"), Type.Literal("zh")], {
        description: "What the installer chose for whoever has not; absent: nothing",
      }),
    ),
    branding: Type.Optional(
      Type.Object(
        {
          product: Type.Optional(Type.String({ description: "What the app calls itself" })),
          accent: Type.Optional(Type.String({ description: "#rrggbb, on light ground" })),
          accentDark: Type.Optional(Type.String({ description: "#rrggbb, on dark ground" })),
          support: Type.Optional(Type.String({ description: "Whom to ask for help" })),
        },
        { description: "The looks that the installer gave the app; absent: its own" },
      ),
    ),
    addresses: Type.Optional(
      Type.Object(
        {
          home: Type.Union([Type.String(), Type.Null()], {
            description: "For phones in the box's network; null: the box has no name",
          }),
          away: Type.Union([Type.String(), Type.Null()], {
            description: "For phones anywhere; null: the box is not reached from outside",
          }),
        },
        { description: "Where the box has a certificate that browsers trust; told to paired clients" },
      ),
    ),
    nearby: Type.Optional(
      Type.Object(
        {
          name: Type.Union([Type.String(), Type.Null()], {
            description: "By the name that it announces at home; null: it announces none",
          }),
          addresses: Type.Array(Type.String(), { description: "By the addresses at which it listens" }),
        },
        {
          description:
            "Where its neighbours find it over plain http, without a name server; told to paired clients",
        },
      ),
    ),
    online: Type.Optional(OnlineState),
  },
  { title: "Box" },
);
export type Box = Static<typeof Box>;

export const RoleName = Type.Union([
  Type.Literal("owner"),
  Type.Literal("viewer"),
  Type.Literal("kid"),
  Type.Literal("guest"),
]);
export const TerminalTypeName = Type.Union([
  Type.Literal("mobile"),
  Type.Literal("internet"),
  Type.Literal("tv"),
]);

/** A P-256 public key (RFC 7518 §6.2.1). */
export const PublicJwk = Type.Object(
  {
    kty: Type.Literal("EC"),
    crv: Type.Literal("P-256"),
    x: Type.String({ minLength: 43, maxLength: 43 }),
    y: Type.String({ minLength: 43, maxLength: 43 }),
  },
  { additionalProperties: false },
);
export type PublicJwk = Static<typeof PublicJwk>;

export const PairingClaim = Type.Object(
  {
    offer: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          "Id from the QR code (`#p=1.<id>.<secret>`) or of a hand-off (`#h=1.<id>.<secret>`); `recovery` with a recovery code; absent when a pairing code was typed",
      }),
    ),
    proof: Type.String({
      minLength: 43,
      maxLength: 43,
      description: "HMAC-SHA-256 over the canonical bytes (pairing.ts), base64url",
    }),
    nonce: Type.String({ minLength: 22, maxLength: 64, description: "128 random bits or more, base64url" }),
    key: Type.Union([PublicJwk, Type.Null()], {
      description:
        "The client's key; null makes a browser that goes by a cookie (https), or a LAN viewer (http)",
    }),
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: "What the owner will see in the list of clients",
    }),
    terminalType: TerminalTypeName,
    refresh: Type.Union([Type.Literal("cookie"), Type.Literal("body")], {
      description: "Where the refresh token goes; `cookie` needs https",
    }),
    watchOnly: Type.Optional(
      Type.Boolean({
        description:
          "A LAN viewer's person knows that it will only watch: without this an owner's offer is not spent on one",
      }),
    ),
  },
  { title: "PairingClaim", additionalProperties: false },
);
export type PairingClaim = Static<typeof PairingClaim>;

export const PairingClaimed = Type.Object(
  {
    claim: Type.String({ description: "Secret for polling" }),
    match: Type.Union([Type.String(), Type.Null()], {
      description: "Two digits that an owner chooses on a phone to say yes; null when no approval is needed",
    }),
    expiresAt: Time,
  },
  { title: "PairingClaimed" },
);
export type PairingClaimed = Static<typeof PairingClaimed>;

export const PairingPoll = Type.Object(
  { claim: Type.String({ maxLength: 128 }) },
  { title: "PairingPoll", additionalProperties: false },
);

export const Tokens = Type.Object(
  {
    accessToken: Type.Union([Type.String(), Type.Null()], {
      description:
        "Bound to the client's key (RFC 9449); null for a client without one, whose cookie is the credential",
    }),
    expiresAt: Time,
    refreshToken: Type.Optional(
      Type.String({ description: "Rotates at each use; absent when it travels in a cookie" }),
    ),
    client: Type.String(),
    role: RoleName,
    attestation: Type.String({
      description: "JWS by the box identity over {box, client, thumbprint, role, nonce}",
    }),
  },
  { title: "Tokens" },
);
export type Tokens = Static<typeof Tokens>;

export const PairingState = Type.Union(
  [
    Type.Object({
      state: Type.Literal("pending"),
      match: Type.Optional(
        Type.String({ description: "Two digits that an owner now chooses: those of a device that asked" }),
      ),
    }),
    Type.Object({ state: Type.Literal("paired"), tokens: Tokens }),
  ],
  { title: "PairingState" },
);
export type PairingState = Static<typeof PairingState>;

export const TokenRequest = Type.Object(
  { refreshToken: Type.Optional(Type.String({ maxLength: 256 })) },
  { title: "TokenRequest", additionalProperties: false },
);

export const Client = Type.Object(
  {
    id: Id,
    name: Type.String(),
    role: RoleName,
    terminalType: TerminalTypeName,
    kind: Type.Union([Type.Literal("key"), Type.Literal("browser"), Type.Literal("lan")], {
      description:
        "`key`: own key and tokens; `browser`: cookie over https, without a key; `lan`: LAN viewer by cookie",
    }),
    pairedAt: Time,
    lastSeenAt: Type.Union([Time, Type.Null()]),
    lastAddress: Type.Union([Type.String(), Type.Null()]),
    lastHome: Type.Optional(
      Type.Union([Type.Boolean(), Type.Null()], { description: "It was in the home network then" }),
    ),
    endsAt: Type.Optional(Type.Union([Time, Type.Null()], { description: "End of a guest's stay" })),
    handedOverFrom: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: "The client whose hand-off it took up" }),
    ),
    limits: Type.Optional(ClientLimits),
    screen: Type.Optional(
      Type.Boolean({ description: "It is the box's own screen: who stands before it lets others in" }),
    ),
    current: Type.Boolean({ description: "This is the client that asks" }),
    changedWith: Type.Optional(
      Type.Array(Id, {
        description:
          "For owners: ids of its hand-offs' line, all that one person opened from another, that get a new role with it",
      }),
    ),
    removedWith: Type.Optional(
      Type.Array(Id, {
        description:
          "For owners: ids of those that it handed its place to, and they again, which go when it is removed",
      }),
    ),
  },
  { title: "Client" },
);
export type Client = Static<typeof Client>;

export const ClientName = Type.Object({ id: Id, name: Type.String() }, { title: "ClientName" });
export type ClientName = Static<typeof ClientName>;

export const ChangedClient = Type.Object(
  {
    ...Client.properties,
    changed: Type.Array(ClientName, {
      description: "Others, handed over to or from, whose role or stay changed with it",
    }),
  },
  { title: "ChangedClient" },
);
export type ChangedClient = Static<typeof ChangedClient>;
export const Clients = Type.Object({ clients: Type.Array(Client) }, { title: "Clients" });
export type Clients = Static<typeof Clients>;

export const RemovalQuery = Type.Object(
  {
    alone: Type.Optional(
      Type.Boolean({ default: false, description: "Those that it handed its place to stay" }),
    ),
  },
  { additionalProperties: false },
);
export const RemovedClients = Type.Object(
  { removed: Type.Array(ClientName, { description: "All that are gone, the one that was meant first" }) },
  { title: "RemovedClients" },
);
export type RemovedClients = Static<typeof RemovedClients>;

export const ClientPatch = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    role: Type.Optional(RoleName),
    endsAt: Type.Optional(Time),
    limits: Type.Optional(ClientLimits),
  },
  { title: "ClientPatch", additionalProperties: false },
);

export const OfferRequest = Type.Object(
  { role: Type.Optional(RoleName) },
  { title: "OfferRequest", additionalProperties: false },
);
export const Offer = Type.Object(
  {
    id: Type.String(),
    role: RoleName,
    code: Type.String({ description: "Eight letters, shown as XXXX-XXXX" }),
    url: Type.String({ description: "For the QR code; the secret is in the fragment" }),
    expiresAt: Time,
  },
  { title: "Offer" },
);
export type Offer = Static<typeof Offer>;

/** Codec families that a client may say it decodes. `avc` needs IDR pictures; `avc-recovery-point` starts at a recovery point too. */
export const VideoFamily = Type.Union([
  Type.Literal("avc"),
  Type.Literal("avc-recovery-point"),
  Type.Literal("hevc"),
  Type.Literal("mpeg2"),
]);
export const AudioFamily = Type.Union([
  Type.Literal("aac"),
  Type.Literal("ac-3"),
  Type.Literal("ec-3"),
  Type.Literal("mp2"),
]);
export type VideoFamily = Static<typeof VideoFamily>;
export type AudioFamily = Static<typeof AudioFamily>;

/** What the client can decode inside fMP4; absent means "a full player": everything. */
export const Capabilities = Type.Object(
  { video: Type.Array(VideoFamily, { maxItems: 16 }), audio: Type.Array(AudioFamily, { maxItems: 16 }) },
  { title: "Capabilities" },
);
export type Capabilities = Static<typeof Capabilities>;

export const Programme = Type.Object(
  {
    title: Type.String(),
    description: Type.String(),
    language: Type.Union([Type.String(), Type.Null()], { description: "ISO 639-2" }),
    startsAt: Time,
    endsAt: Time,
    subtitle: Type.Optional(Type.String({ description: "Short text that the description begins with" })),
    genres: Type.Optional(
      Type.Array(
        Type.Object({
          code: Type.Integer({ description: "content_nibble_level_1 << 4 | level_2, EN 300 468 table 29" }),
          name: Type.String({ description: "Of level 1" }),
          detail: Type.Union([Type.String(), Type.Null()], { description: "Of level 2" }),
        }),
      ),
    ),
    minimumAge: Type.Optional(Type.Integer({ description: "Years" })),
    restricted: Type.Optional(
      Type.Boolean({
        description: "It is for older viewers than the one who asks: title and description are left empty",
      }),
    ),
    series: Type.Optional(
      Type.Object(
        {
          programme: Type.Union([Type.String(), Type.Null()]),
          series: Type.Union([Type.String(), Type.Null()]),
        },
        { description: "Content identifiers: programmes of one series have the same, TS 102 323" },
      ),
    ),
  },
  { title: "Programme" },
);
export type Programme = Static<typeof Programme>;

/** One channel's programmes in order of their start. */
export const GuideChannel = Type.Object(
  { channel: Id, programmes: Type.Array(Programme) },
  { title: "GuideChannel" },
);
export const Guide = Type.Object({ channels: Type.Array(GuideChannel) }, { title: "Guide" });
export type Guide = Static<typeof Guide>;

/** Programmes that were found, titles first, then by time. */
export const GuideFound = Type.Object(
  { found: Type.Array(Type.Object({ channel: Id, programme: Programme })) },
  { title: "GuideFound" },
);
export type GuideFound = Static<typeof GuideFound>;

export const Availability = Type.Union(
  [
    Type.Literal("free"),
    Type.Literal("shares-tuner"),
    Type.Literal("would-displace"),
    Type.Literal("busy"),
    Type.Literal("scrambled"),
    Type.Literal("no-signal"),
  ],
  {
    description:
      "For the one who asks: `would-displace` ends what somebody lighter does, or another playback of the same client",
  },
);
export type Availability = Static<typeof Availability>;

export const ChannelCodecs = Type.Object({
  video: Type.Union([
    Type.Object({
      family: VideoFamily,
      codec: Type.String({ description: "RFC 6381" }),
      width: Type.Integer(),
      height: Type.Integer(),
      frameRate: Type.Number(),
      interlaced: Type.Boolean(),
    }),
    Type.Null(),
  ]),
  audio: Type.Array(
    Type.Object({
      family: AudioFamily,
      codec: Type.String(),
      language: Type.Union([Type.String(), Type.Null()]),
      description: Type.Boolean({ description: "Audio description" }),
    }),
  ),
});
export type ChannelCodecs = Static<typeof ChannelCodecs>;

export const Channel = Type.Object(
  {
    id: Id,
    number: Type.Integer(),
    name: Type.String(),
    provider: Type.Union([Type.String(), Type.Null()]),
    kind: Type.Union([Type.Literal("tv"), Type.Literal("radio"), Type.Literal("data")]),
    scrambled: Type.Boolean(),
    hidden: Type.Optional(
      Type.Boolean({ description: "The owner has hidden it; only owners who ask for hidden ones see it" }),
    ),
    favourite: Type.Optional(Type.Boolean({ description: "The owner has marked it" })),
    decided: Type.Optional(
      Type.Object(
        {
          number: Type.Union([Type.Integer(), Type.Null()]),
          name: Type.Union([Type.String(), Type.Null()]),
          hidden: Type.Union([Type.Boolean(), Type.Null()]),
        },
        {
          description:
            "What of it the owner has decided, null: the broadcaster's word holds; told to owners who ask for hidden channels",
        },
      ),
    ),
    now: Type.Union([Programme, Type.Null()]),
    next: Type.Union([Programme, Type.Null()]),
    codecs: Type.Union([ChannelCodecs, Type.Null()], {
      description: "null until the channel was on air here once",
    }),
    availability: Availability,
    still: Type.Optional(
      Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
        description: "When the picture at `/api/v1/channels/{id}/still` was taken; null: there is none",
      }),
    ),
    logo: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description:
          "Version of the picture at `/api/v1/channels/{id}/logo`, which the owner chose; null: there is none",
      }),
    ),
  },
  { title: "Channel" },
);
export type Channel = Static<typeof Channel>;
export const Channels = Type.Object({ channels: Type.Array(Channel) }, { title: "Channels" });
export type Channels = Static<typeof Channels>;

/** What the owner decides about a channel; it holds over scans and restarts. */
export const ChannelPatch = Type.Object(
  {
    number: Type.Optional(Type.Integer({ minimum: 1, maximum: 9999 })),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    hidden: Type.Optional(Type.Boolean()),
    favourite: Type.Optional(Type.Boolean()),
  },
  { title: "ChannelPatch", additionalProperties: false, minProperties: 1 },
);
export type ChannelPatch = Static<typeof ChannelPatch>;

/** All that the owner has decided about a channel; null: the broadcaster's word holds. */
export const ChannelDecision = Type.Object(
  {
    channel: Id,
    // No unions: the server's validation would take null for 0 and for false.
    number: Type.Unsafe<number | null>({ type: ["integer", "null"], minimum: 1, maximum: 9999 }),
    name: Type.Unsafe<string | null>({ type: ["string", "null"], minLength: 1, maxLength: 64 }),
    hidden: Type.Unsafe<boolean | null>({ type: ["boolean", "null"] }),
    favourite: Type.Boolean(),
  },
  { title: "ChannelDecision", additionalProperties: false },
);
export type ChannelDecision = Static<typeof ChannelDecision>;

/** `PUT /api/v1/channels/decisions`: takes the place of what was decided about these channels; others stay. */
export const ChannelDecisions = Type.Object(
  { decisions: Type.Array(ChannelDecision, { minItems: 1, maxItems: 2000 }) },
  { title: "ChannelDecisions", additionalProperties: false },
);
export type ChannelDecisions = Static<typeof ChannelDecisions>;

/** `PUT /api/v1/channels/{id}/logo`. */
export const ChannelLogo = Type.Object(
  {
    image: Type.String({
      pattern: "^[A-Za-z0-9+/]+={0,2}$",
      maxLength: 87_384,
      description: "PNG, JPEG or WebP of 64 KB at most, base64; what it is is read from its bytes",
    }),
  },
  { title: "ChannelLogo", additionalProperties: false },
);
export const LogoVersion = Type.Object(
  { logo: Type.Union([Type.String(), Type.Null()], { description: "As `logo` of the channel" }) },
  { title: "LogoVersion" },
);
export type LogoVersion = Static<typeof LogoVersion>;

/** What can be played; more kinds follow. */
export const PlaybackTarget = Type.Union([Type.Object({ kind: Type.Literal("channel"), channel: Id })], {
  title: "PlaybackTarget",
});
export const PlaybackRequest = Type.Object(
  {
    channel: Type.Optional(Id),
    target: Type.Optional(PlaybackTarget),
    capabilities: Type.Optional(Capabilities),
    container: Type.Optional(
      Type.Union([Type.Literal("fmp4"), Type.Literal("ts")], {
        description:
          "Form of the segments: `fmp4` (default) with low latency and a rendition a track, `ts` for players that want MPEG-TS",
      }),
    ),
    lowLatency: Type.Optional(
      Type.Boolean({
        description:
          "`true` (default): playlists list parts of segments, and begin with the first one; `false`: whole segments only, for players that do not know parts",
      }),
    ),
    quality: Type.Optional(
      Type.Union([Type.Literal("original"), Type.Literal("medium"), Type.Literal("low")], {
        description:
          "`original` (default) as it is broadcast; `medium` (540 lines, about 1.2 Mb/s) and `low` (360 lines, about 0.5 Mb/s) for weak links, converted on the box",
      }),
    ),
  },
  { title: "PlaybackRequest", additionalProperties: false },
);
export type PlaybackRequest = Static<typeof PlaybackRequest>;

export const Playback = Type.Object(
  {
    id: Type.String(),
    hls: Type.String({ description: "Path of the multivariant playlist on this origin" }),
    expiresAt: Time,
    timings: Type.Record(Type.String(), Type.Number(), {
      description:
        "Milliseconds from the request to: lock, pmt, randomAccess, ready, firstPart; what has not come yet is left out, and said by the `Server-Timing` of the first playlists",
    }),
  },
  { title: "Playback" },
);
export type Playback = Static<typeof Playback>;

export const PlaybackRenewal = Type.Object({ expiresAt: Time }, { title: "PlaybackRenewal" });
export type PlaybackRenewal = Static<typeof PlaybackRenewal>;

/** How a playback goes where it is seen. Sums since its start: a later report says all that an earlier one did. */
export const PlaybackReport = Type.Object(
  {
    start: Type.Optional(
      Type.Object(
        {
          kind: Type.Union([Type.Literal("start"), Type.Literal("zap")], {
            description: "`zap`: another channel was on the screen until then",
          }),
          seconds: Type.Number({
            minimum: 0,
            maximum: 120,
            description: "From the person's touch to the first new frame",
          }),
        },
        { additionalProperties: false },
      ),
    ),
    stalls: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: "Times that the picture stood still",
    }),
    stalledSeconds: Type.Number({ minimum: 0, maximum: 1_000_000 }),
    frames: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: "Shown or dropped" }),
    droppedFrames: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    end: Type.Optional(Type.Boolean({ description: "And let the channel go; default false" })),
  },
  { title: "PlaybackReport", additionalProperties: false },
);
export type PlaybackReport = Static<typeof PlaybackReport>;

export const Tuner = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: Type.Union([
      Type.Literal("idle"),
      Type.Literal("tuning"),
      Type.Literal("locked"),
      Type.Literal("streaming"),
      Type.Literal("degraded"),
      Type.Literal("failed"),
    ]),
    multiplex: Type.Union([Type.String(), Type.Null()]),
    place: Type.Optional(Type.String({ description: "The multiplex, for people: DVB-T 482 MHz" })),
    error: Type.Union([Type.String({ description: "Error code" }), Type.Null()]),
    signal: Type.Union([
      Type.Object({
        strength: Type.Union([Type.Number({ description: "dBm" }), Type.Null()]),
        cnr: Type.Union([Type.Number({ description: "dB" }), Type.Null()]),
        quality: Type.Optional(
          Type.Union([
            Type.Number({ description: "0 to 1, relative, on the maker's own scale" }),
            Type.Null(),
          ]),
        ),
        bitErrorRatio: Type.Optional(
          Type.Union([Type.Number({ description: "After the inner decoder" }), Type.Null()]),
        ),
        uncorrectedBlocks: Type.Optional(
          Type.Union([Type.Integer({ description: "Since the lock" }), Type.Null()]),
        ),
        verdict: Type.Optional(
          Type.Union([
            Type.Object(
              {
                level: Type.Union([
                  Type.Literal("none"),
                  Type.Literal("poor"),
                  Type.Literal("fair"),
                  Type.Literal("good"),
                ]),
                code: Type.String({
                  description:
                    "no-signal, too-weak, barely-enough, enough, strong, errors, received; clients translate it",
                }),
                text: Type.String({ description: "For people, in English" }),
                margin: Type.Union([
                  Type.Number({ description: "dB above what is needed; below when negative" }),
                  Type.Null(),
                ]),
              },
              { description: "What the signal means for the picture" },
            ),
            Type.Null(),
          ]),
        ),
      }),
      Type.Null(),
    ]),
    services: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String() })),
    consumers: Type.Array(Type.String()),
    viewers: Type.Optional(
      Type.Array(Type.String(), {
        description: "Names of the clients that watch by this tuner; empty: the command line",
      }),
    ),
    counters: Type.Object({
      packets: Type.Integer({ description: "Packets received" }),
      packetsScanned: Type.Integer({
        description: "Packets looked at; equal to `packets` however many watch",
      }),
      continuityErrors: Type.Integer(),
      transportErrors: Type.Integer(),
      overflows: Type.Integer(),
      syncLosses: Type.Integer(),
    }),
    pids: Type.Optional(
      Type.Array(
        Type.Object({
          pid: Type.Integer(),
          packets: Type.Integer(),
          continuityErrors: Type.Integer(),
          transportErrors: Type.Integer(),
          scrambled: Type.Integer({ description: "Packets that were scrambled" }),
        }),
        { description: "Of what somebody takes now" },
      ),
    ),
    timings: Type.Optional(
      Type.Object(
        {
          lock: Type.Union([Type.Number(), Type.Null()]),
          pat: Type.Union([Type.Number(), Type.Null()]),
          pmt: Type.Union([Type.Number(), Type.Null()]),
        },
        { description: "Milliseconds from the first tune of what runs" },
      ),
    ),
  },
  { title: "Tuner" },
);
export type Tuner = Static<typeof Tuner>;
/** What the box was told to receive with. */
export const NamedSource = Type.Object(
  {
    name: Type.String({ description: "As `--tuner` takes it: `dvb:0`" }),
    problems: Type.Array(Type.String(), {
      description: "What of it is not there now, and the cure; for people, in English",
    }),
  },
  { title: "NamedSource" },
);
export type NamedSource = Static<typeof NamedSource>;

export const Tuners = Type.Object(
  {
    tuners: Type.Array(Tuner),
    sources: Type.Optional(
      Type.Array(NamedSource, { description: "Where the tuners come from; empty: none was named" }),
    ),
    notReceived: Type.Optional(
      Type.Array(Type.Object({ place: Type.String(), code: Type.String({ description: "Error code" }) }), {
        description: "What a list names and nothing came of when it was last tried",
      }),
    ),
  },
  { title: "Tuners" },
);

const Count = Type.Integer({ minimum: 0 });

/** Where a channel scan begins; nothing said: at what the box knows. */
export const ScanRequest = Type.Object(
  {
    country: Type.Optional(
      Type.String({ pattern: "^[A-Za-z]{2}$", description: "ISO 3166-1: every frequency of its plan" }),
    ),
    system: Type.Optional(
      Type.Union(
        [
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
        { description: "Only this; `cable` is the country's own" },
      ),
    ),
    satellite: Type.Optional(Type.String({ maxLength: 16, description: "Orbital position: 19.2E" })),
    initial: Type.Optional(
      Type.String({ maxLength: 1024 * 1024, description: "Initial tuning data (dtv-scan-tables)" }),
    ),
    follow: Type.Optional(
      Type.Boolean({ description: "Visit what the networks' tables name, too; default true" }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: "Change nothing; default false" })),
  },
  { title: "ScanRequest", additionalProperties: false },
);
export type ScanRequest = Static<typeof ScanRequest>;

/** A service as a scan has found it, or knew it. */
export const ScannedService = Type.Object(
  {
    name: Type.String(),
    provider: Type.Union([Type.String(), Type.Null()]),
    kind: Type.Union([Type.Literal("tv"), Type.Literal("radio"), Type.Literal("data")]),
    lcn: Type.Union([Type.Integer(), Type.Null()], { description: "As the network numbers it" }),
    scrambled: Type.Boolean(),
    visible: Type.Boolean(),
    onAir: Type.Boolean({ description: "It was on air during the scan, and not only named" }),
    originalNetworkId: Count,
    transportStreamId: Count,
    serviceId: Count,
    multiplex: Type.String(),
    place: Type.Optional(Type.String({ description: "The multiplex, for people: DVB-T 482 MHz" })),
    system: Type.String({ description: "dvbt, dvbs2, ..." }),
    frequency: Type.Union([Type.Integer(), Type.Null()], {
      description: "Hz; kHz of a satellite; null where there is none",
    }),
  },
  { title: "ScannedService" },
);
export type ScannedService = Static<typeof ScannedService>;

export const ScanDiff = Type.Object(
  {
    added: Type.Array(ScannedService),
    changed: Type.Array(
      Type.Object({ service: ScannedService, what: Type.Array(Type.String({ description: "Member" })) }),
    ),
    gone: Type.Array(ScannedService),
    unchanged: Count,
  },
  { title: "ScanDiff" },
);
export type ScanDiff = Static<typeof ScanDiff>;

/** How far a scan is. */
export const ScanProgress = Type.Object(
  {
    state: Type.Union(
      [
        Type.Literal("idle"),
        Type.Literal("running"),
        Type.Literal("finished"),
        Type.Literal("cancelled"),
        Type.Literal("failed"),
      ],
      { description: "`idle`: none since the box started" },
    ),
    dryRun: Type.Boolean(),
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
    done: Count,
    total: Type.Integer({ minimum: 0, description: "Multiplexes; grows when a network names more" }),
    found: Type.Object({ tv: Count, radio: Count, data: Count }),
    current: Type.Array(Type.String(), { description: "Multiplexes that are visited now" }),
    places: Type.Optional(Type.Array(Type.String(), { description: "The same, for people: DVB-T 482 MHz" })),
    waiting: Type.Optional(
      Type.Boolean({ description: "Every tuner is in use: it goes on when one is free" }),
    ),
    signal: Type.Union([
      Type.Object({
        strength: Type.Union([Type.Number({ description: "dBm" }), Type.Null()]),
        cnr: Type.Union([Type.Number({ description: "dB" }), Type.Null()]),
      }),
      Type.Null(),
    ]),
    error: Type.Union([Type.String({ description: "Error code of a scan that failed" }), Type.Null()]),
  },
  { title: "ScanProgress" },
);
export type ScanProgress = Static<typeof ScanProgress>;

export const Scan = Type.Object(
  {
    ...ScanProgress.properties,
    multiplexes: Type.Array(
      Type.Object({
        id: Type.String(),
        place: Type.Optional(Type.String({ description: "For people: DVB-T 482 MHz" })),
        system: Type.String(),
        frequency: Type.Union([Type.Integer(), Type.Null()]),
        outcome: Type.String({ description: "`ok`, `partial`, or an error code" }),
        services: Count,
      }),
    ),
    services: Type.Union([Type.Array(ScannedService), Type.Null()], {
      description: "All that was found; null until it has finished",
    }),
    diff: Type.Union([ScanDiff, Type.Null()], {
      description: "Against what was known; null until it has finished",
    }),
    startedAt: Type.Optional(
      Type.Union([Time, Type.Null()], {
        description: "Of the scan that runs, or the last one since the start",
      }),
    ),
    scannedAt: Type.Optional(
      Type.Union([Time, Type.Null()], {
        description: "When a scan last took over what it found; null: none ever did",
      }),
    ),
  },
  { title: "Scan" },
);
export type Scan = Static<typeof Scan>;

/** What a scan can begin with here. */
export const ScanOptions = Type.Object(
  {
    systems: Type.Array(Type.String(), {
      description:
        "What the tuners that are there receive: dvbt, dvbs2, ...; none of files and of the network",
    }),
    countries: Type.Array(Type.String(), { description: "With a frequency plan, ISO 3166-1" }),
    cable: Type.Array(Type.String(), { description: "With a plan of their cables" }),
    satellites: Type.Array(Type.String(), {
      description: "Orbital positions of which something is known: 19.2E; others need initial data",
    }),
    multiplexes: Type.Integer({ minimum: 0, description: "Known, to look at again" }),
    services: Type.Integer({ minimum: 0, description: "Known" }),
  },
  { title: "ScanOptions" },
);
export type ScanOptions = Static<typeof ScanOptions>;

/** One Server-Sent Event's data, by event name. `snapshot` comes first, then changes. */
export interface ServerEvents extends AccessEvents {
  snapshot: { channels: Channel[] };
  channels: { channels: Channel[] };
  /** A playback of this client came to its end before the client ended it. */
  "playback-ended": { id: string; code: string; title: string; detail?: unknown };
  /** How far a channel scan is; for owners. */
  scan: ScanProgress;
  /** All tuners, when one of them came, went, or changed its state or the level of its signal; for owners. */
  tuners: { tuners: Tuner[] };
}
