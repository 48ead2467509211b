// Puts names, files and lines of the source into a stack trace of a packaged release, whose identifiers are minified.
// usage: node scripts/read-trace.mjs MAPS < trace     MAPS: tellyport-VERSION-maps.tar.xz, unpacked; or dist
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const [maps] = process.argv.slice(2);
if (maps === undefined) {
  console.error("usage: node scripts/read-trace.mjs MAPS < trace");
  process.exit(64);
}

const read = new Map();
function mapOf(file) {
  if (!read.has(file)) {
    const path = join(maps, `${file}.map`);
    read.set(file, existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : null);
  }
  return read.get(file);
}

/** A place in a built file: its path from the release's folder, line and column, both from 1. */
const PLACE = /(?:file:[/]{2})?[^\s()]*?((?:chunks[/])?[\w.-]+\.js):(\d+):(\d+)/g;

console.log(
  (await text(process.stdin)).trimEnd().replace(PLACE, (place, file, line, column) => {
    const found = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found?.originalSource === undefined) return place;
    const source = found.originalSource.replace(/^(\.\.[/])+/, "");
    return `${found.name ? `${found.name} ` : ""}${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  }),
);
