import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, type Problem } from "../api/problem.ts";
import * as app from "../app.ts";
import { connection } from "../here.ts";
import { problemWords } from "../i18n/index.ts";
import { tp } from "../i18n/pair.ts";
import { tt } from "../i18n/tv.ts";
import { askAddress } from "../pairing/ask-address.ts";
import { ask } from "../pairing/ask.ts";
import { Qr } from "../screens/access/qr.tsx";
import * as state from "../state.ts";
import { Frame } from "./frame.tsx";
import type { ScreenSecret } from "./screen-state.ts";

/** Milliseconds before a code's end at which it is replaced. */
const BEFORE_END = 15_000;
/** Milliseconds between attempts where there is nobody to ask yet, or no answer. */
const AGAIN = 8000;
/** Milliseconds for which codes are shown to nobody. */
const PATIENCE = 3_600_000;
/** What is not mended by another code. */
const FINAL = new Set(["pairing-denied", "not-from-lan", "secure-origin-required"]);

/**
 * A television that is not known: it shows a code, and an owner's phone says yes. With the link of `tellyport tv` it becomes the
 * box's own screen instead.
 */
export function TvAsk({ link, reason }: { link: ScreenSecret | null; reason: Problem | null }) {
  const code = useSignal("");
  const match = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(reason);
  const stopped = useSignal(false);
  const oldLink = useSignal(false);
  const turn = useSignal(0);
  useEffect(() => {
    const over = new AbortController();
    void comeIn(over.signal).catch(() => undefined);
    return () => over.abort();
  }, [turn.value]);

  async function comeIn(over: AbortSignal): Promise<void> {
    if (link !== null && turn.value === 0) {
      const device = { name: tt("screen.name"), terminalType: "tv" } as const;
      try {
        return await app.pairWith(link, device, { onMatch: () => undefined, signal: over });
      } catch {
        oldLink.value = true;
      }
    }
    for (const end = performance.now() + PATIENCE; performance.now() < end && !over.aborted;) {
      const failed = await once(over);
      if (failed === null || over.aborted) return;
      code.value = "";
      match.value = null;
      if (failed.code === "renewed" || failed.code === "pairing-refused") continue;
      problem.value = failed;
      if (FINAL.has(failed.code)) break;
      await new Promise((resolve) => setTimeout(resolve, failed.retryAfterMs ?? AGAIN));
    }
    stopped.value = true;
  }

  /** One code. @returns why it brought nobody in; null: it did */
  async function once(over: AbortSignal): Promise<Problem | null> {
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    over.addEventListener("abort", stop);
    let renewal: ReturnType<typeof setTimeout> | undefined;
    let renewed = false;
    const progress = {
      signal: ended.signal,
      onCode(shown: string, expiresAt: string): void {
        code.value = shown;
        problem.value = null;
        renewal = setTimeout(
          () => {
            if (match.value !== null) return; // an owner is about to choose
            renewed = true;
            stop();
          },
          Math.max(AGAIN, Date.parse(expiresAt) - connection.boxNow() - BEFORE_END),
        );
      },
      onMatch: (digits: string) => void (match.value = digits),
    };
    try {
      const device = { name: tp("device.tv"), terminalType: "tv" } as const;
      await app.comeIn((to, keep, box) => ask(to, keep, box, device, progress));
      return null;
    } catch (error) {
      const failed = asProblem(error);
      return renewed ? Object.assign(failed, { code: "renewed" }) : failed;
    } finally {
      clearTimeout(renewal);
      over.removeEventListener("abort", stop);
    }
  }

  const again = (): void => {
    stopped.value = false;
    problem.value = null;
    turn.value++;
  };
  return (
    <Frame
      name="tv-ask"
      title={tt("ask.title", { box: state.box.value?.name ?? "" })}
      actions={
        <>
          {stopped.value && (
            <button class="primary" data-action="ask-again" data-first="" onClick={again}>
              {tt("ask.again")}
            </button>
          )}
          <a class="tv-link" href="/">
            {tt("ask.code")}
          </a>
        </>
      }
    >
      {oldLink.value && (
        <p class="note" data-note="link-old">
          <strong>{tt("link.old")}.</strong> {tt("link.again")}
        </p>
      )}
      {match.value !== null ? (
        <Match digits={match.value} />
      ) : problem.value !== null || stopped.value ? (
        <Trouble problem={problem.value} />
      ) : code.value === "" ? (
        <p role="status">{tt("ask.wait")}</p>
      ) : (
        <Code code={code.value} />
      )}
    </Frame>
  );
}

function Code({ code }: { code: string }) {
  const box = state.box.value;
  const address = box === null ? "" : askAddress(code, location, box);
  return (
    <div class="tv-columns two">
      <section class="tv-ask tv-still">
        <h2>{tt("ask.scan")}</h2>
        <p>{tt("ask.or", { product: state.product() })}</p>
        <p class="tv-code mono" data-code-shown={code}>
          {code}
        </p>
        <p class="quiet-text">{tt("ask.owner")}</p>
      </section>
      <section class="tv-offer" data-address={address}>
        <Qr text={address} label={tt("ask.qr")} />
      </section>
    </div>
  );
}

function Match({ digits }: { digits: string }) {
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="tv-match" role="status">
      <p ref={heading} tabIndex={-1}>
        {tt("ask.match")}
        <strong data-match={digits}>{digits}</strong>
      </p>
      <p class="quiet-text">{tt("ask.match.help")}</p>
    </div>
  );
}

function Trouble({ problem }: { problem: Problem | null }) {
  const [what, wayOn] = wordsOf(problem);
  return (
    <div class="tv-trouble" role="alert" data-code={problem?.code ?? "stopped"}>
      <h2>{what}</h2>
      <p class="quiet-text">{wayOn}</p>
    </div>
  );
}

function wordsOf(problem: Problem | null): readonly [string, string] {
  if (problem === null) return [tt("ask.stopped"), ""];
  if (problem.code === "owner-missing") return [tt("ask.unclaimed"), tt("ask.unclaimed.help")];
  const { what, wayOn } = problemWords(problem);
  return problem.code === "pairing-denied" ? [tt("ask.denied"), wayOn] : [what, wayOn];
}
