import { PassThrough } from "node:stream";
import t from "tap";
import { limitsText, parseHours, parseUntil } from "../../src/cli/limits-text.ts";
import { readSecret, type SecretInput } from "../../src/cli/read-secret.ts";
import { join } from "node:path";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { startRealBox } from "./real-box.ts";
import { run } from "./run-command.ts";

/** A box with one paired viewer. */
async function boxWith(t: Teardown, name: string) {
  const box = await startRealBox(t);
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
  await run(["remote", "pair", box.access.openOffer("viewer").url, "--name", name], { env });
  return box;
}

t.test("limits: hours as a person types and reads them", async (t) => {
  t.same(parseHours("mon-fri 15:00-20:00,sat-sun 8:00-21:00"), [
    { days: [1, 2, 3, 4, 5], from: "15:00", to: "20:00" },
    { days: [6, 7], from: "08:00", to: "21:00" },
  ]);
  t.same(parseHours("Fri-Mon 10:00-24:00"), [{ days: [5, 6, 7, 1], from: "10:00", to: "24:00" }]);
  t.same(parseHours("saturday 20:00-00:30"), [
    { days: [6], from: "20:00", to: "24:00" },
    { days: [7], from: "00:00", to: "00:30" },
  ]);
  t.same(parseHours("sun 20:00-00:00"), [{ days: [7], from: "20:00", to: "24:00" }]);
  for (const wrong of [
    "",
    "mon",
    "15:00-20:00",
    "mon 15-20",
    "mon 25:00-26:00",
    "mon 10:70-11:00",
    "mo 10:00-11:00",
  ])
    t.throws(() => parseHours(wrong), { code: "usage" }, wrong);
  t.throws(() => parseHours("wen 10:00-11:00"), { message: /did you mean (wed|sun)/ });
  t.equal(
    limitsText({
      limits: {
        maximumAge: 6,
        unrated: false,
        hours: parseHours("mon-fri 15:00-20:00,daily 8:00-9:00"),
        channels: ["a"],
        minutesPerDay: 60,
      },
    }),
    "to 6 years, rated only, mon-fri 15:00-20:00 + daily 08:00-09:00, 1 channel, 60 min a day",
  );
  t.equal(limitsText({ limits: { hours: [] } }), "never");
  t.equal(limitsText({}), "");
});

t.test("limits: until a day is until its end", async (t) => {
  t.same(parseUntil("2026-11-27"), new Date(2026, 10, 28));
  t.same(parseUntil("2026-11-27 19:05"), new Date(2026, 10, 27, 19, 5));
  t.same(parseUntil("2026-11-27T19:05:00Z"), new Date(Date.UTC(2026, 10, 27, 19, 5)));
  t.throws(() => parseUntil("tomorrow"), { code: "usage" });
});

t.test("box commands: roles and limits of clients", async (t) => {
  const box = await boxWith(t, "Kim");
  const state = ["--state", box.state];
  const role = await run(["clients", "role", "kim", "kid", ...state]);
  t.match(role, { code: 0, stdout: "Kim is a kid now: to 12 years.\n" });
  const wrong = await run(["clients", "role", "kim", "kids", ...state]);
  t.match(wrong, { code: 64, stderr: /did you mean kid/ });
  const limits = [
    "--age",
    "6",
    "--hours",
    "mon-fri 15:00-18:00",
    "--channels",
    "1,Das Zweite",
    "--minutes",
    "60",
  ];
  t.match(await run(["clients", "limit", "kim", ...limits, ...state]), {
    code: 0,
    stdout: "Kim (kid): to 6 years, mon-fri 15:00-18:00, 2 channels, 60 min a day.\n",
  });
  const less = await run(["clients", "limit", "kim", "--no-hours", "--all-channels", "--json", ...state]);
  t.same(JSON.parse(less.stdout).client.limits, { maximumAge: 6, unrated: true, minutesPerDay: 60 });
  t.match((await run(["clients", "list", ...state])).stdout, /Limits\n.*to 6 years, 60 min a day/s);
  for (const [args, message] of [
    [["kim"], /Say what to limit/],
    [["kim", "--age", "6", "--no-age"], /not both/],
    [["kim", "--age", "19"], /from 0 to 18/],
    [["kim", "--until", "2099-01-01"], /Only a guest's stay/],
  ] as const)
    t.match(await run(["clients", "limit", ...args, ...state]), { code: 64, stderr: message });
  t.match(await run(["clients", "limit", "kim", "--channels", "99", ...state]), { code: 69 });
  await run(["clients", "role", "kim", "guest", ...state]);
  const until = new Date(Date.now() + 2 * 86_400_000);
  const day = `${until.getFullYear()}-${String(until.getMonth() + 1).padStart(2, "0")}-${String(until.getDate()).padStart(2, "0")}`;
  t.match(await run(["clients", "limit", "kim", "--until", day, ...state]), {
    code: 0,
    stdout: /^Kim \(guest\): until /,
  });
  t.match(await run(["clients", "limit", "kim", "--until", "2099-01-01", ...state]), {
    code: 64,
    stderr: "tellyport: --until: a guest stays 7 days at most.\n",
  });
  t.match(await run(["clients", "limit", "kim", "--until", "2001-01-01", ...state]), {
    code: 64,
    stderr: "tellyport: --until: that is over already.\n",
  });
  t.match(
    (await run(["clients", "limit", "--help"])).stdout,
    /--until DATE[^-]*7 days\s+from\s+now\s+at\s+most/,
  );
});

t.test("box commands: the PIN is asked for, and never an argument", async (t) => {
  const box = await boxWith(t, "Kim");
  const state = ["--state", box.state];
  const set = (pin: string) => run(["pin", "set", ...state], { readSecret: async () => pin });
  t.match(await set("2468"), { code: 0, stdout: "The PIN is set.\n" });
  t.match(await set("12"), { code: 64, stderr: /four to six digits/ });
  t.match(await run(["pin", "set", "2468", ...state]), { code: 64 });
  t.match(await run(["pin", "set", ...state]), { code: 64 });
  t.match(await run(["pin", "clear", "--json", ...state]), { code: 0, stdout: '{"set":false}\n' });
});

t.test("secret: a line from a pipe, or of a terminal that does not show it", async (t) => {
  const told: string[] = [];
  const output = { write: (text: string) => told.push(text) };
  const pipe = new PassThrough();
  pipe.end("2468\nmore");
  t.equal(await readSecret("PIN: ", pipe, output), "2468");
  const short = new PassThrough();
  short.end("1357");
  t.equal(await readSecret("PIN: ", short, output), "1357");
  t.same(told, [], "a pipe is not asked");
  const raw: boolean[] = [];
  const terminal = (): SecretInput =>
    Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const typed = terminal();
  const read = readSecret("PIN: ", typed, output);
  for (const key of ["2", "5", "\u007f", "4", "68\r"]) (typed as PassThrough & SecretInput).push(key);
  t.equal(await read, "2468");
  t.same(told, ["PIN: ", "\n"]);
  const given = terminal();
  const interrupted = readSecret("PIN: ", given, output);
  (given as PassThrough & SecretInput).push("2\u0003");
  await t.rejects(interrupted, { code: "request-cancelled" });
  t.same(raw, [true, false, true, false], "the terminal is as it was");
});
