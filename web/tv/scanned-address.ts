/**
 * What the QR code holds while the box has no owner: over plain http nobody becomes one, and who scanned that would only be sent
 * on to the secure page.
 * @param url of the offer, over plain http
 * @param port of https; null: the box has no secure page
 */
export function scannedAddress(url: string, port: number | null): string {
  if (port === null) return url;
  const address = new URL(url);
  address.protocol = "https:";
  address.port = String(port);
  return address.href;
}
