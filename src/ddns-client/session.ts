import { Emitter } from "../kernel/events.ts";
import { TellyportError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { HostToken } from "../protocol/online.ts";
import type { Registration } from "../protocol/registration.ts";
import type { BoxCertificateSource } from "./certificates/index.ts";
import { labelOf } from "./label.ts";
import type { ProviderUpdates } from "./provider-updates.ts";
import type { CloudClient } from "./registration/cloud-client.ts";
import type { Registrar } from "./registration/registrar.ts";
import type { WayOut } from "./way-out.ts";

/** Certificates for the names that the box has now. */
export interface NamedCertificateSource extends BoxCertificateSource, Component {
  /** @param names whole; none: nothing is ordered */
  want(names: readonly string[]): void;
}

/** The way into the internet, whoever looks after it. */
export type WayThere = Pick<WayOut, keyof WayOut>;

export interface SessionParts {
  /** null: no cloud is named. */
  readonly cloud: { readonly client: CloudClient; readonly registrar: Registrar } | null;
  readonly wayOut: WayThere;
  readonly certificate: NamedCertificateSource | null;
  /** Names that the certificate is for, beside those of the cloud. */
  readonly ownNames: readonly string[];
  readonly providers: readonly ProviderUpdates[];
  /** What else runs as long. */
  readonly others: readonly Component[];
  /** The https listener's; null: there is none. */
  readonly httpsPort: () => number | null;
  readonly log: Log;
}

/** The cloud sees another address than the box named. */
function isElsewhere(registration: Registration | null): boolean {
  const { ipv4, ipv6 } = registration?.doors ?? {};
  return ipv4?.state === "differs" || ipv6?.state === "differs";
}

/** All that runs while the box is online with one set of settings. */
export class OnlineSession {
  readonly wayOut: WayThere;
  readonly certificate: NamedCertificateSource | null;
  readonly providers: readonly ProviderUpdates[];
  readonly httpsPort: () => number | null;
  readonly #cloud: SessionParts["cloud"];
  readonly #ownNames: readonly string[];
  readonly #others: readonly Component[];
  readonly #changed: Emitter<void>;
  readonly #ends: (() => void)[] = [];
  readonly #life = new AbortController();

  constructor({ log, ...parts }: SessionParts) {
    this.#cloud = parts.cloud;
    this.wayOut = parts.wayOut;
    this.certificate = parts.certificate;
    this.#ownNames = parts.ownNames;
    this.providers = parts.providers;
    this.#others = parts.others;
    this.httpsPort = parts.httpsPort;
    this.#changed = new Emitter((error) => log.error({ error: messageOf(error) }, "session-listener-failed"));
  }

  get registrar(): Registrar | null {
    return this.#cloud?.registrar ?? null;
  }

  /** Told when a name, address or certificate is another. @returns a function that unsubscribes */
  onChanged(listener: () => void): () => void {
    return this.#changed.on(listener);
  }

  /** @param atOnce a person waits */
  async start(atOnce: boolean): Promise<void> {
    this.#ends.push(
      this.wayOut.onChanged(() => {
        this.registrar?.poke();
        this.#tellProviders();
        this.#changed.emit();
      }),
    );
    if (this.registrar !== null)
      this.#ends.push(
        this.registrar.onChanged(({ kind, registration }) => {
          if (kind === "registered" && isElsewhere(registration)) this.wayOut.doubt();
          this.certificate?.want(this.#certified());
          this.#changed.emit();
        }),
      );
    if (this.certificate !== null) this.#ends.push(this.certificate.onChanged(() => this.#changed.emit()));
    this.certificate?.want(this.#certified());
    await this.certificate?.start?.(this.#life.signal);
    await this.wayOut.start();
    this.registrar?.start(atOnce);
    for (const { schedule } of this.providers) await schedule.start();
    for (const other of this.#others) await other.start?.(this.#life.signal);
    this.#tellProviders();
  }

  async stop(): Promise<void> {
    this.#life.abort(new TellyportError("request-cancelled", "The box goes offline."));
    for (const end of this.#ends.splice(0)) end();
    await Promise.all([
      this.registrar?.stop(),
      this.certificate?.stop?.(),
      ...this.providers.map(({ schedule }) => schedule.stop()),
      ...this.#others.map((other) => other.stop?.()),
      this.wayOut.stop(),
    ]);
    for (const { close } of this.providers) close();
  }

  /** Names that requests may call the box by, lower case. */
  names(): readonly string[] {
    const { name, lanName, alias } = this.#registration() ?? {};
    const away = name === undefined ? [] : [`w.${name}`];
    return [
      name,
      lanName,
      alias,
      ...away,
      ...this.#ownNames,
      ...this.providers.map((one) => one.name),
    ].flatMap((one) => (one == null ? [] : [one.toLowerCase()]));
  }

  /** Names that the certificate is for, without wildcards. */
  certifiedNames(): readonly string[] {
    return this.#certified().filter((name) => !name.startsWith("*."));
  }

  /** Whether an address is the box's own as far as it knows, and the port leads to it. */
  isOurs(address: string, port: number): boolean {
    const { ipv4, ipv6 } = this.wayOut.view();
    return [ipv4, ipv6].some((one) => one !== null && one.port === port && one.address === address);
  }

  /** Looks at everything anew. @throws TellyportError as the cloud answers */
  async lookAgain(): Promise<void> {
    await this.wayOut.lookAgain();
    await this.registrar?.report();
  }

  /** @throws TellyportError `alias-unfit`, or as the cloud answers */
  async setAlias(label: string | null): Promise<void> {
    await this.#needed().act(
      "alias",
      { label: label === null ? null : this.#label(label) },
      this.#life.signal,
    );
    await this.registrar?.report();
  }

  /** @throws TellyportError `alias-unfit`, or as the cloud answers */
  async addHost(label: string): Promise<HostToken> {
    const token = await this.#needed().hostToken(this.#label(label), this.#life.signal);
    await this.registrar?.report();
    return token;
  }

  /** @throws TellyportError `alias-unfit`, or as the cloud answers */
  async dropHost(label: string): Promise<void> {
    await this.#needed().act("drop-host", { label: this.#label(label) }, this.#life.signal);
    await this.registrar?.report();
  }

  /** Has the box's addresses taken out of the DNS; nothing is reported from then on. @throws TellyportError as the cloud answers */
  async withdraw(signal: AbortSignal): Promise<void> {
    // Whatever it is about to say would put them back.
    await this.registrar?.stop();
    await this.#cloud?.client.act("withdraw", {}, signal);
  }

  #label(text: string): string {
    return labelOf(text, this.#registration()?.name ?? null);
  }

  #registration(): Registration | null {
    return this.registrar?.state.registration ?? null;
  }

  #tellProviders(): void {
    const addresses = this.wayOut.addresses();
    for (const { schedule } of this.providers) schedule.setAddresses(addresses);
  }

  /** What the certificate is for: the box's name, all below it, and the name that people say. */
  #certified(): string[] {
    const registration = this.#registration();
    if (registration === null) return [...this.#ownNames];
    const { name, alias } = registration;
    return [name, `*.${name}`, ...(alias === null ? [] : [alias]), ...this.#ownNames];
  }

  #needed(): CloudClient {
    if (this.#cloud !== null) return this.#cloud.client;
    throw new TellyportError(
      "online-disabled",
      "No cloud is named: `tellyport online enable --cloud https://...` names one.",
    );
  }
}
