/** True when the page may hold a key of its own; over http on a LAN address it may not. */
export function canHoldKey(): boolean {
  return window.isSecureContext && typeof crypto.subtle === "object";
}
