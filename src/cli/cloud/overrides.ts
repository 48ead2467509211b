/** What the command line says in place of the configuration. */
export interface CloudOverrides {
  readonly config?: string;
  readonly state?: string;
  readonly port?: number;
}

/** In the words of the configuration. */
export function cloudOverridesOf({ state, port }: CloudOverrides): Record<string, unknown> {
  return {
    ...(state !== undefined && { state: { directory: state } }),
    ...(port !== undefined && { http: { port } }),
  };
}
