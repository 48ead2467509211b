import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";
import { OPEN } from "../protocol/access.ts";

/** Where the television's own page is. */
const TELEVISION = "/tv";

/** What a phone's home screen calls the app, in each language. */
const MANIFESTS = ["manifest.webmanifest", "manifest.zh.webmanifest"] as const;

/**
 * Serves the built web app to anybody: it holds no secret. Media never comes this way.
 * @param folder `dist/web`
 * @param product what the installer calls it; default: its own name
 */
export function webApp(folder: string, product?: string): FastifyPluginAsync {
  return async (app) => {
    if (!existsSync(folder))
      throw new Error(`the web app is not built: ${folder} is missing; run "npm run build"`);
    app.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: OPEN };
      route.schema = { ...route.schema, hide: true };
    });
    app.get(TELEVISION, (_request, reply) => reply.sendFile("tv.html"));
    if (product !== undefined) {
      const named = new Map(MANIFESTS.map((file) => [`/${file}`, manifestOf(join(folder, file), product)]));
      app.addHook("onRequest", async ({ routeOptions }, reply) => {
        const manifest = named.get(routeOptions.url ?? "");
        if (manifest === undefined) return;
        return reply.header("cache-control", "no-cache").type("application/manifest+json").send(manifest);
      });
    }
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: false,
      preCompressed: true,
      index: ["index.html"], // as a list: by a bare name the plugin finds no compressed index and answers 404
      cacheControl: false,
      setHeaders(reply, path) {
        // Names with a hash never change their bytes; the page itself is asked for anew.
        const hashed = /-[A-Z0-9]{8}\.[a-z0-9]+(\.(gz|br))?$/i.test(path);
        void reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  };
}

function manifestOf(path: string, product: string): string {
  const manifest = JSON.parse(readFileSync(path, "utf8")) as object;
  return JSON.stringify({ ...manifest, name: product, short_name: product });
}
