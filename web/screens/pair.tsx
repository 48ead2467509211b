import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { RECOVERY_LENGTH } from "../../src/protocol/pairing.ts";
import { Problem, asProblem } from "../api/problem.ts";
import * as app from "../app.ts";
import { type Brought, forgetScanned, scanned, securePage } from "../scanned.ts";
import { problemWords, t } from "../i18n/index.ts";
import { tp } from "../i18n/pair.ts";
import { showCode, strangeLetters, typedCode } from "../pairing/code-field.ts";
import { canHoldKey } from "../pairing/can-hold-key.ts";
import { terminalType } from "../pairing/pair.ts";
import type { PairingSecret } from "../pairing/proof.ts";
import * as state from "../state.ts";
import { Icon, Logo } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { SecureFirst, type SecureReason } from "./secure-first.tsx";

/** How a person proves to be invited. */
type Way = "scanned" | "code" | "recovery";

/** Pairing: one button after a scan, else the code. */
export function PairScreen({ reason }: { reason: Problem | null }) {
  const way = useSignal<Way>(scanned === null ? "code" : "scanned");
  const busy = useSignal(false);
  const match = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(reason);
  const name = useSignal(scanned?.name ?? "");
  const waiting = useRef<AbortController | null>(null);
  const kind = terminalType();
  const box = state.box.value;
  const watchOnly = useSignal(false);
  const unclaimed = !canHoldKey() && box?.claimed === false && scanned?.from !== "pass";
  const secureReason = useSignal<SecureReason | null>(unclaimed ? "unclaimed" : null);

  async function begin(secret: PairingSecret): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    const { signal } = (waiting.current = new AbortController());
    try {
      await app.pairWith(
        secret,
        {
          name: name.value.trim() || tp(`device.${kind}`),
          terminalType: kind,
          ...(watchOnly.value && { watchOnly: true }),
        },
        { onMatch: (digits) => (match.value = digits), signal },
      );
    } catch (error) {
      problem.value = signal.aborted ? null : asProblem(error);
      if (secret.kind === "recovery" && problem.value?.code === "pairing-refused")
        problem.value = new Problem("recovery-refused");
      if (isWrongNumber(problem.value)) problem.value = new Problem("number-wrong");
      const reason = problem.value === null ? null : secureReasonOf(problem.value);
      if (reason !== null) {
        secureReason.value = reason;
        problem.value = null;
      }
      if (signal.aborted && secret.kind === "qr") spent();
      if (problem.value === null) return;
      // a scanned secret that was answered will not be taken the second time
      const { status, code } = problem.value;
      if ((status !== 0 || code === "pairing-expired") && secret.kind === "qr") spent();
    } finally {
      busy.value = false;
      match.value = null;
    }
  }

  function spent(): void {
    forgetScanned();
    way.value = "code";
  }

  if (secureReason.value !== null)
    return (
      <main class="page pair" data-screen="pair">
        <div class="card">
          <Logo />
          <h1>{t("secure.title")}</h1>
          <SecureFirst
            reason={secureReason.value}
            onWatch={() => {
              watchOnly.value = true;
              secureReason.value = null;
            }}
          />
        </div>
        <LanguageSwitch />
      </main>
    );
  return (
    <main class="page pair" data-screen="pair" aria-busy={busy.value}>
      <div class="card">
        <Logo />
        <h1>{tp("title", { box: box?.name ?? "" })}</h1>
        <div role="status" aria-live="polite">
          {problem.value && <ProblemNote problem={problem.value} />}
        </div>
        {match.value !== null ? (
          <Match digits={match.value} onCancel={() => waiting.current?.abort()} />
        ) : (
          <>
            {way.value === "scanned" && scanned !== null ? (
              <Scanned
                busy={busy.value}
                from={scanned.from}
                onPair={() => scanned && void begin(scanned.secret)}
                onType={() => (way.value = "code")}
              />
            ) : (
              <CodeForm
                key={way.value}
                kind={way.value === "recovery" ? "recovery" : "code"}
                busy={busy.value}
                onCode={(secret) => void begin(secret)}
              />
            )}
            <label class="field quiet">
              <span>{tp("device")}</span>
              <input
                name="device"
                maxLength={64}
                value={name.value}
                onInput={(event) => (name.value = event.currentTarget.value)}
                placeholder={tp(`device.${kind}`)}
                autocomplete="off"
              />
            </label>
            {way.value !== "scanned" && (
              <button
                class="link"
                data-action="recovery"
                onClick={() => (way.value = way.value === "recovery" ? "code" : "recovery")}
              >
                {tp(way.value === "recovery" ? "other" : "recovery.link")}
              </button>
            )}
          </>
        )}
        <LanNote />
      </div>
      <LanguageSwitch />
    </main>
  );
}

function Scanned(props: { busy: boolean; from: Brought["from"]; onPair: () => void; onType: () => void }) {
  const isPass = props.from === "pass";
  return (
    <>
      <p class="quiet-text">{tp(isPass ? "pass" : "ready")}</p>
      <button class="primary" data-action="pair" disabled={props.busy} onClick={props.onPair} autofocus>
        {tp(props.busy ? "working" : isPass ? "pass.start" : "start")}
      </button>
      <button class="link" onClick={props.onType}>
        {tp("other")}
      </button>
    </>
  );
}

/** What the field asks for, by kind. */
const CODES = {
  code: { label: "code", placeholder: "XXXX-XXXX" },
  recovery: { label: "recovery", placeholder: "XXXX-XXXX-XXXX-XXXX-XXXX" },
} as const;

function CodeForm(props: {
  kind: keyof typeof CODES;
  busy: boolean;
  onCode: (secret: PairingSecret & { kind: "code" | "recovery" }) => void;
}) {
  const { kind, busy } = props;
  const { label, placeholder } = CODES[kind];
  const shown = useSignal("");
  const strange = useSignal<readonly string[]>([]);
  const tooShort = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  // as a property, which is what JSX would set, "off" counts as true
  useLayoutEffect(() => field.current?.setAttribute("autocorrect", "off"), []);
  const typed = typedCode(shown.value, kind);
  const insecure = typed.kind === "recovery" && !canHoldKey();
  const complaint =
    strange.value.length > 0
      ? tp("code.strange", { letters: strange.value.join(" ") })
      : tooShort.value
        ? tp(`${typed.kind}.short`, { missing: typed.missing })
        : "";

  const help =
    typed.kind === "recovery"
      ? "recovery.help"
      : state.box.value?.pairing === "closed"
        ? "closed"
        : "code.help";

  function onInput(event: Event): void {
    const input = event.currentTarget as HTMLInputElement;
    strange.value = strangeLetters(input.value).slice(0, 5);
    tooShort.value = false;
    const atEnd = input.selectionStart === input.value.length;
    const caret = input.selectionStart ?? 0;
    shown.value = showCode(input.value, RECOVERY_LENGTH);
    input.value = shown.value;
    if (!atEnd) input.setSelectionRange(caret, caret);
  }

  function onSubmit(event: Event): void {
    event.preventDefault();
    if (typed.code !== null && !insecure) return props.onCode({ kind: typed.kind, code: typed.code });
    if (typed.code !== null) return;
    tooShort.value = true;
    field.current?.focus();
  }

  return (
    <form onSubmit={onSubmit} noValidate>
      <label class="field">
        <span>{tp(label)}</span>
        <input
          ref={field}
          class={typed.kind === "code" ? "code" : "code long"}
          name={kind}
          value={shown.value}
          onInput={onInput}
          placeholder={placeholder}
          autocomplete={kind === "code" ? "one-time-code" : "off"}
          autocapitalize="characters"
          spellcheck={false}
          inputMode="text"
          enterKeyHint="go"
          aria-invalid={complaint !== ""}
          aria-describedby="code-help"
        />
      </label>
      <p id="code-help" class={complaint ? "complaint" : "quiet-text"} aria-live="polite">
        {complaint || tp(help)}
      </p>
      {insecure && (
        <p class="note" data-note="recovery-insecure">
          <Icon name="lock" />
          <span>{tp("recovery.insecure")}</span>
        </p>
      )}
      <button class="primary" type="submit" data-action="pair" disabled={busy || insecure}>
        {tp(busy ? "working" : "start")}
      </button>
    </form>
  );
}

function isWrongNumber(problem: Problem | null): boolean {
  const detail = problem?.detail;
  return (
    typeof detail === "object" && detail !== null && "wrongNumber" in detail && detail.wrongNumber === true
  );
}

/** The box wants this over https. */
function secureReasonOf({ code, detail }: Problem): SecureReason | null {
  if (code !== "secure-origin-required" || canHoldKey()) return null;
  const isVoid =
    typeof detail === "object" && detail !== null && "codeGood" in detail && detail.codeGood === false;
  return isVoid ? "code-void" : "owner-code";
}

function Match({ digits, onCancel }: { digits: string; onCancel: () => void }) {
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="match">
      <p ref={heading} tabIndex={-1}>
        {tp("match")}
      </p>
      <strong>{digits}</strong>
      <p class="quiet-text">{tp("match.help")}</p>
      <button data-action="cancel-pairing" onClick={onCancel}>
        {t("app.cancel")}
      </button>
    </div>
  );
}

function LanNote() {
  if (canHoldKey()) return null;
  const secure = securePage();
  return (
    <p class="note">
      <Icon name="lock" />
      <span>
        {tp("lan")} {secure !== null && <a href={secure}>{tp("lan.link")}</a>}
      </span>
    </p>
  );
}

export function ProblemNote({ problem }: { problem: Problem }) {
  const { what, wayOn } = problemWords(problem);
  return (
    <p class="problem" data-code={problem.code}>
      <strong>{what}</strong> {wayOn}
    </p>
  );
}
