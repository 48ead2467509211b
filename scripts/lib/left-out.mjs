// What the server's packages bring along and this server never calls: 290 kB of 2.3 MB.
import { readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";

const NEVER = (what) => `module.exports = () => { throw new Error("${what} is not part of this build"); };`;

/** By file in node_modules: what stands there instead, as CommonJS. */
const INSTEAD = {
  // @fastify/static asks once, for every file of one folder, and takes no pattern.
  "glob/dist/commonjs/index.min.js": `
    const { readdir, stat } = require("node:fs/promises");
    const { join } = require("node:path");
    exports.glob = async (pattern, { cwd, ignore, dot }) => {
      if (pattern !== "**/**" || ignore !== undefined || dot) throw new Error("only every file is listed");
      const names = (await readdir(cwd, { recursive: true })).filter((name) => !/(^|[/])[.]/.test(name));
      const kinds = await Promise.all(names.map((name) => stat(join(cwd, name))));
      return names.filter((_, index) => kinds[index].isFile());
    };`,
  // Types of files that vendors have made up; the web app has none of them.
  "mime/types/other.js": "module.exports = {};",
  // Requests without a socket, for tests; fastify loads it when the first is made.
  "light-my-request/index.js": NEVER("light-my-request"),
  // Another schema language, and validators that are written to files.
  "ajv/dist/jtd.js": NEVER("JTD"),
  "ajv/dist/standalone/index.js": "exports.default = undefined;",
  // Log lines go to standard error from this thread.
  "thread-stream/index.js": NEVER("thread-stream"),
  // Judges the schemas themselves, which are ours: the tests run with it.
  "fast-json-stringify/lib/schema-validator.js": "module.exports = () => true;",
  // Compares what plugins were made for with the fastify that is there: both are the lock file's, and the tests run with it.
  "semver/index.js":
    "exports.satisfies = () => true; exports.gt = () => false; exports.coerce = (version) => version;",
  // The description is OpenAPI 3; this is the one before it.
  "@fastify/swagger/lib/spec/swagger/index.js": NEVER("Swagger 2"),
};

const FILE = /[/]node_modules[/]/;
/** What several packages bring a copy of, each the same version. */
const COPIED = "fast-uri";

/** @returns by folder of a copy, the folder of the one that stands for all of its version */
function copies() {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const firsts = new Map();
  const pairs = Object.entries(packages)
    .filter(([folder]) => folder.endsWith(`node_modules/${COPIED}`))
    .map(([folder, { version }]) => {
      if (!firsts.has(version)) firsts.set(version, folder);
      return [folder, firsts.get(version)];
    });
  return new Map(pairs);
}

/** An esbuild plugin that puts in place what {@link INSTEAD} says. A file of it that nobody asks for any more is an error. */
export const leftOut = {
  name: "left-out",
  setup(build) {
    const replaced = new Set();
    build.onLoad({ filter: FILE }, ({ path }) => {
      const name = path.slice(path.lastIndexOf("/node_modules/") + "/node_modules/".length);
      const contents = INSTEAD[name];
      if (contents === undefined) return undefined;
      replaced.add(name);
      return { contents, loader: "js" };
    });
    const same = copies();
    build.onResolve({ filter: new RegExp(`^${COPIED}$`) }, async ({ path, pluginData, ...asked }) => {
      if (pluginData === "asked") return undefined;
      const found = await build.resolve(path, { ...asked, pluginData: "asked" });
      const folder = relative(process.cwd(), dirname(found.path));
      return { ...found, path: resolve(same.get(folder) ?? folder, basename(found.path)) };
    });
    build.onEnd(() => ({
      errors: Object.keys(INSTEAD)
        .filter((name) => !replaced.has(name))
        .map((name) => ({ text: `nothing is left out at ${name}: nobody asks for it there` })),
    }));
  },
};
