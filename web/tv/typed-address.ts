/** An address as a person types it from the screen: browsers put `http://` before what has none, and `/` behind it. */
export function typedAddress(address: string): string {
  return address.replace(/^http:\/\//, "").replace(/\/$/, "");
}
