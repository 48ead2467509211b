import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, messageOf, type ErrorCode } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { assemble, onePem, parsePem, served, unfit, type CertificateAndKey } from "./chain.ts";
import { CERTIFICATE_FILE, ORDER_FILE, type CertificateFiles } from "./files.ts";
import { next, sameNames, type Keeping, type NextStep } from "./keeping.ts";
import {
  EMPTY_LEDGER,
  backOff,
  begun,
  fulfilled,
  keyHashOf,
  parseLedger,
  type Ledger,
  type OrderInProgress,
} from "./ledger.ts";
import type {
  BoxCertificateSource,
  CertificateAuthority,
  CertificateState,
  DnsChallenges,
  ServedCertificate,
} from "./ports.ts";
import { RenewalSuggestion } from "./renewal-suggestion.ts";

export interface CertificateKeeperDeps {
  readonly authority: CertificateAuthority;
  readonly challenges: DnsChallenges;
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly log: LineLog;
  /** 0 to 1. */
  readonly random: () => number;
  /** Whether the clock can be believed: nothing is ordered before. */
  readonly clockTrusted: () => boolean;
  /** Orders in seven days, those that failed among them; default 15. */
  readonly ordersPerWeek?: number;
}

/** Between two looks at what there is to do, ms; a clock that steps, or a name that comes, needs no more. */
const LOOK_EVERY = 60_000;
/** A certificate is not replaced sooner, unless for other names: an authority whose certificates are over at once, ms. */
const NOT_AGAIN = 3600_000;
/** Of a certificate: as many values as the challenge of a box may have. */
const MOST_NAMES = 6;

/**
 * Keeps the certificate of the box's name: orders it, renews it, and goes on with an order wherever the power was cut. The old one is
 * served until the new one is whole and written down.
 */
export class CertificateKeeper implements BoxCertificateSource, Component {
  readonly name = "certificate-keeper";
  readonly #deps: CertificateKeeperDeps;
  readonly #changed: Emitter<ServedCertificate>;
  readonly #suggestion: RenewalSuggestion;
  #wanted: readonly string[] = [];
  #certificate: CertificateAndKey | null = null;
  #ledger: Ledger = EMPTY_LEDGER;
  #problem: { code: ErrorCode; message: string; at: number } | null = null;
  #working: Promise<void> | null = null;
  #abort = new AbortController();
  #timer: Timer | null = null;
  #isOpen = false;

  constructor(deps: CertificateKeeperDeps) {
    this.#deps = deps;
    this.#suggestion = new RenewalSuggestion(deps);
    this.#changed = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "certificate-listener-failed"),
    );
  }

  /** Reads what is there. The component's start does it too; whoever serves the certificate from the first moment does it before. */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    const { files, log } = this.#deps;
    const unreadable = (file: string) => (error: unknown) => {
      log.warn({ file, error: messageOf(error) }, "certificate-file-unreadable");
      return null;
    };
    this.#certificate = await files.read(CERTIFICATE_FILE, parsePem).catch(unreadable(CERTIFICATE_FILE));
    this.#ledger = (await files.read(ORDER_FILE, parseLedger).catch(unreadable(ORDER_FILE))) ?? EMPTY_LEDGER;
    this.#isOpen = true;
  }

  async start(): Promise<void> {
    await this.open();
    this.#abort = new AbortController();
    const { order } = this.#ledger;
    // The power was cut between the certificate and this line. A full disk is no reason not to begin: it is the same again next time.
    if (order !== null && keyHashOf(order) === this.#certificate?.keyHash)
      await this.#finished().catch((error: unknown) =>
        this.#deps.log.warn({ file: ORDER_FILE, error: messageOf(error) }, "certificate-file-unwritten"),
      );
    this.#timer = this.#deps.clock.every(LOOK_EVERY, () => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#abort.abort(new TellyportError("request-cancelled", "The box stops."));
    await this.#working;
  }

  /** Names that the certificate shall have, up to six; an order in progress is finished first. None: nothing is ordered. */
  want(names: readonly string[]): void {
    this.#wanted = [...new Set(names.map((name) => name.toLowerCase()))].slice(0, MOST_NAMES);
    this.#look();
  }

  /** Somebody changed something and does not want to wait; what the authority itself asked to wait is waited. */
  tryNow(): void {
    this.#ledger = { ...this.#ledger, retryAt: null };
    this.#look();
  }

  current(): ServedCertificate | null {
    return this.#certificate === null ? null : served(this.#certificate);
  }

  onChanged(listener: (certificate: ServedCertificate) => void): () => void {
    return this.#changed.on(listener);
  }

  /** SHA-256 of the public keys that were ever in a request of this box, hex: others in public logs are somebody else's. */
  ownKeys(): readonly string[] {
    return [...this.#ledger.keys, ...(this.#certificate === null ? [] : [this.#certificate.keyHash])];
  }

  state(): CertificateState {
    const now = this.#deps.clock.now();
    const step = this.#next();
    const { names = [], issuer = null, notBefore = null, notAfter = null } = this.#certificate ?? {};
    const isOver = notAfter !== null && notAfter <= now;
    const held = step.do === "wait" ? step.until : null;
    return {
      source: "authority",
      phase: phaseOf(step, { isWorking: this.#working !== null, isThere: notAfter !== null, isOver }),
      names,
      issuer,
      notBefore,
      notAfter,
      renewAt: step.do === "keep" ? step.until : held,
      problem: this.#problemFor(step, held),
    };
  }

  #problemFor(step: NextStep, retryAt: number | null): CertificateState["problem"] {
    if (step.do === "wait" && step.why === "limit") {
      const message = "As many certificates were ordered this week as may be.";
      return { code: "acme-failed", message, at: this.#deps.clock.now(), retryAt };
    }
    return this.#problem === null ? null : { ...this.#problem, retryAt };
  }

  #next(): NextStep {
    const { authority, clockTrusted, clock, ordersPerWeek = 15 } = this.#deps;
    const keeping: Keeping = {
      wanted: this.#wanted,
      certificate: this.#certificate,
      ledger: this.#ledger,
      authority: authority.id,
      suggested: this.#certificate === null ? null : this.#suggestion.chosenFor(this.#certificate.chain),
      clockTrusted: clockTrusted(),
      ordersPerWeek,
    };
    return next(keeping, clock.now());
  }

  #look(): void {
    if (this.#timer === null || this.#working !== null) return;
    const step = this.#next();
    const work =
      step.do === "order" || step.do === "go-on"
        ? this.#obtain(step)
        : step.do === "keep"
          ? this.#ask()
          : null;
    if (work === null) return;
    this.#working = work
      .catch((error: unknown) =>
        this.#deps.log.error({ error: messageOf(error) }, "certificate-keeper-failed"),
      )
      .finally(() => {
        this.#working = null;
        // What was wanted meanwhile; whoever failed is held back by the ledger.
        if (!this.#abort.signal.aborted && this.#next().do === "order") this.#look();
      });
  }

  #ask(): Promise<void> | null {
    if (this.#certificate === null) return null;
    return this.#suggestion.ask(this.#certificate.chain, this.#abort.signal);
  }

  /** One try. */
  async #obtain(step: NextStep & { readonly do: "order" | "go-on" }): Promise<void> {
    const { log, clock, random } = this.#deps;
    const names = this.#wanted;
    log.info({ names, reason: step.reason, goesOn: step.do === "go-on" }, "certificate-wanted");
    try {
      await this.#order(step.do === "go-on");
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const now = clock.now();
      const refused = isTellyportError(error, "acme-refused");
      const failures = (sameNames(this.#ledger.failedNames, names) ? this.#ledger.failures : 0) + 1;
      const wait = backOff(failures, refused, random());
      const asked = isTellyportError(error) ? error.retryAfterMs : undefined;
      const heldUntil = asked === undefined ? null : now + asked;
      const retryAt = Math.max(now + wait, heldUntil ?? 0);
      const code = isTellyportError(error) ? error.code : "acme-failed";
      this.#problem = { code, message: messageOf(error), at: now };
      const failedNames = [...names];
      // In memory first: a full disk is no reason to ask without a pause.
      this.#ledger = { ...this.#ledger, failures, failedNames, failedAt: now, retryAt, heldUntil };
      const until = new Date(retryAt).toISOString();
      log.warn({ names, code, error: messageOf(error), retryAt: until }, "certificate-failed");
      await this.#remember(this.#ledger);
    }
  }

  async #order(goesOn: boolean): Promise<void> {
    const { authority, challenges, clock } = this.#deps;
    const { signal } = this.#abort;
    let order = goesOn ? this.#ledger.order : null;
    const wasBegun = order !== null;
    if (order === null) {
      const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
      order = {
        authority: authority.id,
        names: [...this.#wanted],
        key: key.export({ type: "pkcs8", format: "pem" }).toString(),
        url: null,
      };
      await this.#remember(begun(this.#ledger, order, keyHashOf(order), clock.now()));
    }
    if (order.url === null) {
      const found = wasBegun ? await authority.findOrder(order.names, signal) : null;
      const url = found ?? (await authority.order(order.names, this.#certificate?.chain ?? null, signal));
      order = { ...order, url };
      await this.#remember({ ...this.#ledger, order });
    }
    const key = createPrivateKey(order.key);
    const end = await authority.finish(order.url ?? "", order.names, key, challenges, signal);
    if ("over" in end) {
      await this.#remember({ ...this.#ledger, order: null });
      throw end.over;
    }
    await this.#swap(order, end.chain);
  }

  /** The old one goes when the new one is whole, fits, and is written down. */
  async #swap(order: OrderInProgress, chain: string): Promise<void> {
    const { files, log, clock } = this.#deps;
    let certificate: CertificateAndKey;
    try {
      certificate = assemble(order.key, chain);
      const why = unfit(certificate, order.names, clock.now());
      if (why !== null) throw new Error(why);
    } catch (error) {
      await this.#remember({ ...this.#ledger, order: null });
      throw new TellyportError(
        "acme-failed",
        `The certificate authority sent a certificate that is of no use: ${messageOf(error)}.`,
        { cause: error },
      );
    }
    await files.write(CERTIFICATE_FILE, onePem(certificate));
    this.#certificate = certificate;
    this.#problem = null;
    const { names, issuer, notAfter } = certificate;
    log.info({ names, issuer, notAfter: new Date(notAfter).toISOString() }, "certificate-changed");
    this.#changed.emit(served(certificate));
    await this.#finished();
  }

  #finished(): Promise<void> {
    return this.#remember(fulfilled(this.#ledger, this.#deps.clock.now() + NOT_AGAIN));
  }

  async #remember(ledger: Ledger): Promise<void> {
    await this.#deps.files.write(ORDER_FILE, `${JSON.stringify(ledger)}\n`);
    this.#ledger = ledger;
  }
}

function phaseOf(
  step: NextStep,
  { isWorking, isThere, isOver }: { isWorking: boolean; isThere: boolean; isOver: boolean },
): CertificateState["phase"] {
  if (step.do === "wait-for-clock") return isThere && !isOver ? "good" : "clock";
  if (isOver) return "expired";
  if (isThere) return "good";
  return isWorking ? "obtaining" : "none";
}
