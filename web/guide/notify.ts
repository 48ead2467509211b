import { signal } from "@preact/signals";

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
 * @param onOpen the person has tapped it
 */
export async function notify(title: string, body: string, tag: string, onOpen: () => void): Promise<void> {
  if (!mayNotify.value || (!document.hidden && document.hasFocus())) return;
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onOpen();
    };
  } catch {
    // Browsers of phones show them by way of the service worker alone, where there is one.
    const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
    await worker?.showNotification(title, { body, tag }).catch(() => undefined);
  }
}
