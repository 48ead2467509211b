// What the server's packages bring along and this server never calls: 370 kB of 2.3 MB.
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";

const NEVER = (what) => `module.exports = () => { throw new Error("${what} is not part of this build"); };`;

/** By file in node_modules: what stands there instead, as CommonJS, or what makes it of what stood there. */
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
  // Lists of what is in a folder, which are not shown.
  "@fastify/static/lib/dirList.js": "exports.validateOptions = () => undefined;",
  // Judges the options of the one server that there is, and fills in what they leave out: the tests run with the first.
  "fastify/lib/config-validator.js": (source) => `
    const defaults = ${/^module\.exports\.defaultInitOptions = (\{.*\})$/m.exec(source)[1]};
    module.exports = (options) => {
      for (const key of Object.keys(options)) if (!Object.hasOwn(defaults, key)) delete options[key];
      for (const [key, value] of Object.entries(defaults)) options[key] ??= structuredClone(value);
      return true;
    };
    module.exports.defaultInitOptions = defaults;`,
  // Judges the patterns of routes, which are find-my-way's own: ours have none.
  "safe-regex2/index.js": "module.exports = () => true;",
  // Drawings of all routes.
  "find-my-way/lib/pretty-print.js": NEVER("a drawing of the routes"),
  // Words for who mends packages.
  "debug/src/index.js": "module.exports = () => Object.assign(() => undefined, { enabled: false });",
  "depd/index.js":
    "module.exports = () => Object.assign(() => undefined, { function: (called) => called, property() {} });",
  // Types of files that vendors have made up; the web app has none of them.
  "mime/types/other.js": "module.exports = {};",
  // Requests without a socket, for tests; fastify loads it when the first is made.
  "light-my-request/index.js": NEVER("light-my-request"),
  // Another schema language, and validators that are written to files.
  "ajv/dist/jtd.js": NEVER("JTD"),
  "ajv/dist/standalone/index.js": "exports.default = undefined;",
  // Log lines go to standard error from this thread.
  "pino/lib/transport.js": NEVER("a log's transport"),
  "pino/lib/multistream.js": NEVER("a log's second stream"),
  // Judges the schemas themselves, which are ours: the tests run with it.
  "fast-json-stringify/lib/schema-validator.js": "module.exports = () => true;",
  // Compares what plugins were made for with the fastify that is there: both are the lock file's, and the tests run with it.
  "semver/index.js":
    "exports.satisfies = () => true; exports.gt = () => false; exports.coerce = (version) => version;",
  // The description is OpenAPI 3; this is the one before it.
  "@fastify/swagger/lib/spec/swagger/index.js": NEVER("Swagger 2"),
};

const FILE = /[/]node_modules[/]/;
/** What several packages bring a copy of. It resolves the references of schemas, and ours refer to nothing outside of themselves. */
const COPIED = "fast-uri";

/** @returns the folder of the newest copy, which stands for all */
function newestCopy() {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const copies = Object.entries(packages).filter(([folder]) => folder.endsWith(`node_modules/${COPIED}`));
  const order = new Intl.Collator("en", { numeric: true });
  return copies.sort(([, one], [, other]) => order.compare(other.version, one.version))[0][0];
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
      return {
        contents: typeof contents === "string" ? contents : contents(readFileSync(path, "utf8")),
        loader: "js",
      };
    });
    const newest = newestCopy();
    build.onResolve({ filter: new RegExp(`^${COPIED}$`) }, async ({ path, pluginData, ...asked }) => {
      if (pluginData === "asked") return undefined;
      const found = await build.resolve(path, { ...asked, pluginData: "asked" });
      return { ...found, path: resolve(newest, basename(found.path)) };
    });
    build.onEnd(() => ({
      errors: Object.keys(INSTEAD)
        .filter((name) => !replaced.has(name))
        .map((name) => ({ text: `nothing is left out at ${name}: nobody asks for it there` })),
    }));
  },
};
