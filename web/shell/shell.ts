import { effect, signal } from "@preact/signals";
import { language } from "../i18n/index.ts";
import { newestFirst, scriptIn } from "./serving.ts";

/** The box has another version of the app than this page is, and the next start takes it. */
export const newShell = signal(false);

export function takeShell(): void {
  location.reload();
}

/** Has the browser keep the shell, so that the app opens at once, and without the box. Plain http has no such thing. */
export async function keepShell(): Promise<void> {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  // a certificate that no browser trusts is refused here: everything works without
  await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined);
}

/** Asks the box which version it has. A shell that the worker cannot bring up to date is given up: never stuck with an old one. */
export async function lookForNewShell(): Promise<void> {
  const own = scriptIn(document.documentElement.outerHTML);
  const theirs = await fetch("/", { cache: "no-store" })
    .then(async (response) => (response.ok ? scriptIn(await response.text()) : null))
    .catch(() => null);
  if (theirs === null || own === null) return;
  if (theirs === own) return void (newShell.value = false);
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (registration !== undefined && !(await updated(registration))) await giveUp(registration);
  newShell.value = true;
}

/** Milliseconds for the new shell to come. */
const PATIENCE = 60_000;

/** @returns whether a new shell is there now */
async function updated(registration: ServiceWorkerRegistration): Promise<boolean> {
  try {
    await registration.update();
  } catch {
    return false; // the box has no worker for us
  }
  const coming = registration.installing ?? registration.waiting;
  if (coming === null) return false;
  if (coming.state !== "installing") return true;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE);
    coming.addEventListener("statechange", () => {
      clearTimeout(timer);
      resolve(coming.state !== "redundant");
    });
  });
}

async function giveUp(registration: ServiceWorkerRegistration): Promise<void> {
  await registration.unregister().catch(() => false);
  for (const name of newestFirst(await caches.keys().catch(() => []))) await caches.delete(name);
}

const manifest = document.querySelector<HTMLLinkElement>("link[rel=manifest]");

/** What is installed is called, and its shortcuts are, in the language of the app. */
effect(() => {
  manifest?.setAttribute(
    "href",
    language.value === "zh" ? "/manifest.zh.webmanifest" : "/manifest.webmanifest",
  );
});
