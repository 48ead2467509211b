import type { OnlineState } from "../../../src/protocol/online.ts";
import { Problem } from "../../api/problem.ts";
import { routerStanding } from "../../box/online-view.ts";
import { dayTime } from "../../i18n/access.ts";
import { tb } from "../../i18n/box.ts";
import { problemWords } from "../../i18n/index.ts";
import { Facts } from "./parts.tsx";

/** What stands behind remote access, for the curious and for whoever helps them. */
export function OnlineDetails({ online }: { online: OnlineState }) {
  const { name, alias, hosts, doors, certificate, providers, cloud } = online;
  const router = routerStanding(online);
  return (
    <Facts
      rows={[
        [tb("online.via"), cloud ?? tb("none")],
        [tb("online.name"), name],
        [tb("online.alias"), alias],
        ...hosts.map((host): [string, string] => [tb("online.other-name"), host]),
        ...providers.map(({ name: other, state }): [string, string] => [
          tb("online.other-name"),
          `${other}: ${tb(`provider.${state}`)}`,
        ]),
        [tb("online.ipv4"), doorWords(doors.ipv4)],
        [tb("online.ipv6"), doorWords(doors.ipv6)],
        [
          tb("online.router"),
          tb(`router.${router}`, router === "open" ? { port: online.router.port ?? "" } : {}),
        ],
        [tb("online.certificate"), certificateWords(certificate)],
      ]}
    />
  );
}

function doorWords({ state, address, port }: OnlineState["doors"]["ipv4"]): string {
  const words = tb(`door.${state}`);
  if (address === null || state === "none") return words;
  return `${words} (${address}${port === null ? "" : `, ${port}`})`;
}

function certificateWords(certificate: OnlineState["certificate"]): string {
  if (certificate === null) return tb("certificate.none");
  const { notAfter, issuer, problem } = certificate;
  const trouble = problem === null ? "" : ` ${problemWords(new Problem(problem.code, "")).what}`;
  if (notAfter === null) return `${tb("certificate.none")}${trouble === "" ? "" : `:${trouble}`}`;
  const until = tb("certificate.until", { time: dayTime(notAfter) });
  return `${until}${issuer === null ? "" : ` (${issuer})`}${trouble === "" ? "" : `:${trouble}`}`;
}
