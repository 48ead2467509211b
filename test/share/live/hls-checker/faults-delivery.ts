import { header, isMedia, type Fault } from "./fault.ts";

/** Delivery. */
export const DELIVERY_FAULTS: readonly Fault[] = [
  {
    rule: "D-01",
    what: "media of another type",
    answer: header(isMedia, "content-type", "application/octet-stream"),
  },
  {
    rule: "D-02",
    what: "a redirect",
    answer: (a, { what, kind }) => {
      if (what === "init" && kind === "audio") {
        a.status = 302;
        a.headers["location"] = "/elsewhere";
      }
    },
  },
  {
    rule: "D-03",
    what: "media that no page elsewhere may read",
    answer: header(isMedia, "access-control-allow-origin", null),
  },
  {
    rule: "D-03",
    what: "a browser must ask before every request",
    answer: header(({ method }) => method === "OPTIONS", "access-control-max-age", null),
  },
  { rule: "D-04", what: "a weak ETag", answer: header(isMedia, "etag", 'W/"1"') },
  { rule: "D-04", what: "media that may not be kept", answer: header(isMedia, "cache-control", "no-cache") },
  {
    rule: "D-04",
    what: "ranges that are not heeded",
    answer: (a) => void (a.status === 206 && (a.status = 200)),
  },
  {
    rule: "D-04",
    what: "a playlist that is kept too long",
    answer: header(
      ({ what, query }) => what === "playlist" && query.size === 0,
      "cache-control",
      "max-age=60",
    ),
  },
];
