import { isBoxId } from "./names.ts";

/** Which labels people may have for their boxes, and which look alike. */

/** Names that somebody would take for the operator's, or that programs ask for by themselves. */
const RESERVED = (
  "abuse account accounts admin administrator alias api app apps auth autoconfig autodiscover backup billing blog box boxes broadcasthost cdn " +
  "cloud config console control dashboard ddns default demo dev dial-back dns docs download dyndns edge email example " +
  "firmware ftp gateway git help home host hostmaster hosts imap info internal invalid ipv4 ipv6 isatap lan local localdomain localhost " +
  "login mail mailer-daemon members metrics mobile mta-sts myip mysql news nic noc nobody noreply ntp official oauth onion openid owner password payment pay ping " +
  "pop pop3 portal postmaster private proxy public radio relay root router sales secure security server service services setup shop sip smtp " +
  "ssl ssh staff stage staging stat static statistics stats status store stun sso support sysadmin system team telly tellyport test tls trust turn tv " +
  "update updates upload user users vpn wan web webmail webmaster wiki wpad www zone checkip " +
  Array.from({ length: 10 }, (_, index) => `ns${index} dns${index} www${index} mx${index}`).join(" ")
).split(" ");

/**
 * One spelling for labels that people take for one another: `0` and `o`; `1`, `l` and `i`; `rn` and `m`; `vv` and `w`; with hyphens
 * and without.
 */
export function fold(label: string): string {
  return label
    .replaceAll("-", "")
    .replaceAll("0", "o")
    .replace(/[1i]/g, "l")
    .replaceAll("vv", "w")
    .replaceAll("rn", "m");
}

const FOLDED_RESERVED = new Set(RESERVED.map(fold));

/**
 * Why a label may not be had by anybody.
 * @param label as the schema lets it through: 3 to 40 of a-z, 0-9 and hyphens within
 * @param own labels of the operator's machines in this zone
 * @returns null: it may
 */
export function unfitness(label: string, own: ReadonlySet<string> = new Set()): string | null {
  if (isBoxId(label)) return "It looks like the id of a box.";
  // RFC 5891 §4.2.3.1: what `xn--` begins is another name to those who read it.
  if (label.slice(2, 4) === "--") return "It has two hyphens where encoded names have them.";
  if (/^\d+$/.test(label)) return "It is a number.";
  const folded = fold(label);
  if (folded.length < 3) return "It is too short without its hyphens.";
  const isKept = FOLDED_RESERVED.has(folded) || [...own].some((one) => fold(one) === folded);
  return isKept ? "It is kept for the operator, or looks like a name that is." : null;
}
