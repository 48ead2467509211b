import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { CODE_LENGTH, normaliseCode } from "../../src/protocol/pairing.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import * as app from "../app.ts";
import { problemWords, t } from "../i18n/index.ts";
import { showCode, strangeLetters } from "../pairing/code-field.ts";
import { canHoldKey, terminalType } from "../pairing/pair.ts";
import type { PairingSecret } from "../pairing/proof.ts";
import * as state from "../state.ts";
import { Icon, Logo } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";

/** Pairing: one button after a scan, else the code. */
export function PairScreen({ reason }: { reason: Problem | null }) {
  const typing = useSignal(app.scanned === null);
  const busy = useSignal(false);
  const match = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(reason);
  const device = useRef<HTMLInputElement>(null);
  const kind = terminalType();
  const box = state.box.value;

  async function begin(secret: PairingSecret): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      const name = device.current?.value.trim() || t(`pair.device.${kind}`);
      await app.pairWith(
        secret,
        { name, terminalType: kind },
        { onMatch: (digits) => (match.value = digits) },
      );
    } catch (error) {
      problem.value = asProblem(error);
      // a scanned secret that was refused will not be taken the second time
      if (problem.value.status !== 0 && secret.kind === "qr") {
        app.forgetScanned();
        typing.value = true;
      }
    } finally {
      busy.value = false;
      match.value = null;
    }
  }

  return (
    <main class="page pair" data-screen="pair" aria-busy={busy.value}>
      <div class="card">
        <Logo />
        <h1>{t("pair.title", { box: box?.name ?? "" })}</h1>
        <div role="status" aria-live="polite">
          {problem.value && <ProblemNote problem={problem.value} />}
        </div>
        {match.value !== null ? (
          <Match digits={match.value} />
        ) : (
          <>
            {typing.value || app.scanned === null ? (
              <CodeForm busy={busy.value} onCode={(code) => void begin({ kind: "code", code })} />
            ) : (
              <Scanned
                busy={busy.value}
                onPair={() => app.scanned && void begin(app.scanned)}
                onType={() => (typing.value = true)}
              />
            )}
            <label class="field quiet">
              <span>{t("pair.device")}</span>
              <input
                ref={device}
                name="device"
                maxLength={64}
                placeholder={t(`pair.device.${kind}`)}
                autocomplete="off"
              />
            </label>
          </>
        )}
        <LanNote />
      </div>
      <LanguageSwitch />
    </main>
  );
}

function Scanned(props: { busy: boolean; onPair: () => void; onType: () => void }) {
  return (
    <>
      <p class="quiet-text">{t("pair.ready")}</p>
      <button class="primary" data-action="pair" disabled={props.busy} onClick={props.onPair} autofocus>
        {t(props.busy ? "pair.working" : "pair.start")}
      </button>
      <button class="link" onClick={props.onType}>
        {t("pair.other")}
      </button>
    </>
  );
}

function CodeForm({ busy, onCode }: { busy: boolean; onCode: (code: string) => void }) {
  const shown = useSignal("");
  const strange = useSignal<readonly string[]>([]);
  const tooShort = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  // as a property, which is what JSX would set, "off" counts as true
  useLayoutEffect(() => field.current?.setAttribute("autocorrect", "off"), []);
  const missing = CODE_LENGTH - shown.value.replace("-", "").length;
  const complaint =
    strange.value.length > 0
      ? t("pair.code.strange", { letters: strange.value.join(" ") })
      : tooShort.value
        ? t("pair.code.short", { missing })
        : "";

  function onInput(event: Event): void {
    const input = event.currentTarget as HTMLInputElement;
    strange.value = strangeLetters(input.value).slice(0, 5);
    tooShort.value = false;
    const atEnd = input.selectionStart === input.value.length;
    const caret = input.selectionStart ?? 0;
    shown.value = showCode(input.value);
    input.value = shown.value;
    if (!atEnd) input.setSelectionRange(caret, caret);
  }

  function onSubmit(event: Event): void {
    event.preventDefault();
    const code = normaliseCode(shown.value);
    if (code !== null) return onCode(code);
    tooShort.value = true;
    field.current?.focus();
  }

  return (
    <form onSubmit={onSubmit} noValidate>
      <label class="field">
        <span>{t("pair.code")}</span>
        <input
          ref={field}
          class="code"
          name="code"
          value={shown.value}
          onInput={onInput}
          placeholder="XXXX-XXXX"
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          inputMode="text"
          enterKeyHint="go"
          aria-invalid={complaint !== ""}
          aria-describedby="code-help"
        />
      </label>
      <p id="code-help" class={complaint ? "complaint" : "quiet-text"} aria-live="polite">
        {complaint || t(state.box.value?.pairing === "closed" ? "pair.closed" : "pair.code.help")}
      </p>
      <button class="primary" type="submit" data-action="pair" disabled={busy}>
        {t(busy ? "pair.working" : "pair.start")}
      </button>
    </form>
  );
}

function Match({ digits }: { digits: string }) {
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="match">
      <p ref={heading} tabIndex={-1}>
        {t("pair.match")}
      </p>
      <strong>{digits}</strong>
      <p class="quiet-text">{t("pair.match.help")}</p>
    </div>
  );
}

function LanNote() {
  if (canHoldKey()) return null;
  const secure = app.securePage();
  return (
    <p class="note">
      <Icon name="lock" />
      <span>
        {t("pair.lan")} {secure !== null && <a href={secure}>{t("pair.lan.link")}</a>}
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
