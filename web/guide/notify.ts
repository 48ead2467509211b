import { signal } from "@preact/signals";
import type { Reminded } from "../shell/notified.ts";

/** Whether this page may show notifications of the system. */
export const mayNotify = signal(permission() === "granted");

function permission(): NotificationPermission | null {
  return "Notification" in globalThis && globalThis.isSecureContext ? Notification.permission : null;
}

/** Whether the person can be asked; who has said no is not asked again. */
export function mayAsk(): boolean {
  return permission() === "default";
}

/** To be called when a person tapped for it. @returns whether notifications may be shown from now on */
export async function askToNotify(): Promise<boolean> {
  const answer = await Promise.resolve(Notification.requestPermission()).catch(() => "denied");
  return (mayNotify.value = answer === "granted");
}

/**
 * A notification of the system, for somebody who does not look at the page: who does sees the one in it.
 * @param reminded what the worker opens when it is tapped
 * @param onOpen the person has tapped it, and there is no worker
 */
export async function notify(
  title: string,
  body: string,
  reminded: Reminded,
  onOpen: () => void,
): Promise<void> {
  if (!mayNotify.value || (!document.hidden && document.hasFocus())) return;
  const tag = `${reminded.channel} ${reminded.startsAt}`;
  // The worker's can be tapped when this page is gone; and browsers of phones show no others.
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (worker?.active != null) {
    const shown = worker.showNotification(title, { body, tag, data: reminded });
    if (await shown.then(() => true).catch(() => false)) return;
  }
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onOpen();
    };
  } catch {
    // Then there is the one in the page.
  }
}
