/** Which methods the API's routes take, by path: for the answer to whoever tries another one. Only what the API's description tells anyway. */
export class KnownMethods {
  readonly #routes = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();

  /** @param pattern a route's, such as `/api/v1/clients/:id`; what is not of the API is left out */
  add(pattern: string, methods: readonly string[]): void {
    if (!pattern.startsWith("/api/") || pattern.includes("*")) return;
    let route = this.#routes.get(pattern);
    if (route === undefined) {
      const segments = pattern
        .split("/")
        .map((one) => (one.startsWith(":") ? "[^/]+" : one.replaceAll(".", "\\.")));
      this.#routes.set(
        pattern,
        (route = { path: new RegExp(`^${segments.join("/")}$`), methods: new Set() }),
      );
    }
    for (const method of methods) route.methods.add(method);
  }

  /** Methods of the routes at an address, sorted; empty: there is none. @param url as received, with query */
  at(url: string): readonly string[] {
    const path = url.replace(/\?.*$/s, "");
    // Several may fit: `clients/self` beside `clients/:id`.
    const fitting = [...this.#routes.values()].filter((route) => route.path.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
  }
}
