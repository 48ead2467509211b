/** What `scripts/start-cloud` shows a person: where it is, and what to do next. */
export function cloudWelcome(options: {
  /** Where boxes reach it. */
  readonly origin: string;
  readonly zone: string;
  /** The embedded DNS server; null: there is none. */
  readonly dns: { readonly address: string; readonly port: number } | null;
  readonly state: string;
}): string {
  const { origin, zone, dns, state } = options;
  const shown = state.includes(" ") ? `"${state}"` : state;
  return [
    "",
    "Tellyport's cloud is up.",
    "",
    `  API              ${origin}/v1/cloud   (described at ${origin}/v1/openapi.json)`,
    `  Zone             ${zone}`,
    ...(dns === null ? [] : [`  Ask its DNS      dig @${dns.address} -p ${dns.port} SOA ${zone}`]),
    `  Point a box here npx tellyport online enable --cloud ${origin}`,
    `  Its boxes        npx tellyport-cloud boxes list --state ${shown}`,
    `  Its names        npx tellyport-cloud zone show --state ${shown}`,
    "  Stop             Ctrl-C",
    "",
    "",
  ].join("\n");
}
