import type { AuditEntry } from "../../../src/protocol/access-api.ts";
import { Problem } from "../../api/problem.ts";
import { dayTime, hasWords, minutesWords, ta } from "../../i18n/access.ts";
import { problemWords, t, tag } from "../../i18n/index.ts";

/** What happened, in a sentence; an event that this app does not know is named as the box names it. */
export function entryWords(entry: AuditEntry): string {
  const { event, detail } = entry;
  const name = entry.name ?? ta("log.somebody");
  if (event === "client-changed") return changeWords(name, detail);
  const key = `log.${kindOf(event, detail)}`;
  const said = hasWords(key) ? ta(key, { name, ...wordsOf(detail) }) : event;
  const reason = event === "watched" ? "" : reasonWords(detail.reason ?? detail.code);
  return reason === "" ? said : ta("log.because", { said, reason });
}

/** What is new of a client, each thing as a sentence. */
function changeWords(name: string, detail: AuditEntry["detail"]): string {
  const { name: newName, role, roleBefore, limits, endsAt } = detail;
  const said = [
    ...(typeof newName === "string" ? [ta("log.renamed", { name, new: newName })] : []),
    ...(role === undefined
      ? []
      : [ta("log.role-changed", { name, role: roleWords(role), before: roleWords(roleBefore) })]),
    ...(typeof limits === "string" ? [ta("log.limits-changed", { name, limits: limitNames(limits) })] : []),
    ...(typeof endsAt === "string" ? [ta("log.stay-changed", { name, time: dayTime(endsAt) })] : []),
  ];
  return said.length === 0 ? ta("log.client-changed", { name }) : said.join(" · ");
}

function limitNames(names: string): string {
  const words = names.split(", ").map((name) => {
    const key = `limit.${name}`;
    return hasWords(key) ? ta(key) : name;
  });
  return new Intl.ListFormat(tag.value).format(words);
}

/** What the sentences fill in. */
function wordsOf({ role, name, seconds }: AuditEntry["detail"]): Record<string, string> {
  return {
    role: roleWords(role),
    channel: typeof name === "string" && name !== "" ? name : ta("log.a-channel"),
    time: minutesWords(Math.max(1, Math.round((typeof seconds === "number" ? seconds : 0) / 60))),
  };
}

/** Why it was refused: the first half of what the app says of that code. */
function reasonWords(code: unknown): string {
  if (typeof code !== "string") return "";
  return problemWords(new Problem(code)).what;
}

/** The same event by another way is another thing. */
function kindOf(event: string, { by, set }: AuditEntry["detail"]): string {
  if (event === "pin-changed" && set === false) return "pin-removed";
  if (event === "owner-recovered" && by === "box") return "recovery-opened";
  return event === "client-paired" && by === "recovery" ? "recovery-paired" : event;
}

function roleWords(role: unknown): string {
  return role === "owner" || role === "viewer" || role === "kid" || role === "guest" ? t(`role.${role}`) : "";
}
