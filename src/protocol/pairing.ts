/** What phone and box both compute when a phone pairs: the code's alphabet and the bytes under the proof. */

/** RFC 8628 §6.1: twenty consonants, none mistaken for another, none that make words. */
export const CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
/** 20^8 = 2.56e10 codes: 34.5 bits. */
export const CODE_LENGTH = 8;

/** `wdjb-mjht`, `WDJB MJHT` → `WDJBMJHT`; null when it cannot be a code. */
export function normaliseCode(typed: string): string | null {
  const code = typed.toUpperCase().replace(/[\s-]/g, "");
  if (code.length !== CODE_LENGTH) return null;
  return [...code].every((letter) => CODE_ALPHABET.includes(letter)) ? code : null;
}

/** `WDJBMJHT` → `WDJB-MJHT`. */
export function formatCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/**
 * The bytes that the proof covers: each field as a 16-bit big-endian length and its UTF-8 bytes, so that no two
 * different claims have equal bytes.
 * @param fields.offer empty when a code was typed
 * @param fields.thumbprint RFC 7638 thumbprint of the client's key; empty for a LAN viewer
 */
export function pairingProofBytes(fields: {
  box: string;
  offer: string;
  thumbprint: string;
  nonce: string;
}): Uint8Array {
  const encoder = new TextEncoder();
  const parts = ["tellyport-pair-1", fields.box, fields.offer, fields.thumbprint, fields.nonce].map((text) =>
    encoder.encode(text),
  );
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 2 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out[at++] = part.length >> 8;
    out[at++] = part.length & 0xff;
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Key material for the proof: HKDF-SHA-256 (RFC 5869) with this salt and info, 32 bytes, over the typed code's ASCII
 * bytes; a QR secret's 16 bytes are used as the HMAC key as they are.
 */
export const CODE_KDF = { salt: "tellyport-pair-1", info: "code" } as const;

/** `#p=1.<offer>.<secret>`: in the fragment, so that it is in no request line, referrer or log. */
export function pairingFragment(offer: string, secret: string): string {
  return `#p=1.${offer}.${secret}`;
}

export function parsePairingFragment(fragment: string): { offer: string; secret: string } | null {
  const match = /^#p=1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})$/.exec(fragment);
  return match ? { offer: match[1] as string, secret: match[2] as string } : null;
}

/** `#s=1.<offer>.<secret>`: the link that makes the browser on the box its own screen; redeemed like an offer. */
export function screenFragment(offer: string, secret: string): string {
  return `#s=1.${offer}.${secret}`;
}

export function parseScreenFragment(fragment: string): { offer: string; secret: string } | null {
  return fragment.startsWith("#s=") ? parsePairingFragment(`#p=${fragment.slice(3)}`) : null;
}

/** `#t=1.<code>`: what a television that asks to be let in shows for an owner's phone. It opens nothing by itself. */
export function askFragment(code: string): string {
  return `#t=1.${code}`;
}

/** @returns the code; null when there is none */
export function parseAskFragment(fragment: string): string | null {
  const text = /^#t=1\.([A-Za-z-]{8,9})$/.exec(fragment)?.[1];
  return text === undefined ? null : normaliseCode(text);
}

/** Numbers that an owner chooses from to say which client waits (RFC 8628 §5.4 against remote phishing). */
export const CHOICES = 3;

/** `#h=1.<pass>.<secret>`: a hand-off, redeemed like an offer. */
export function handOffFragment(pass: string, secret: string): string {
  return `#h=1.${pass}.${secret}`;
}

/** Behind the secret may stand, after a dot, how the parent is called (base64url), for the page that takes the pass up. */
export function parseHandOffFragment(fragment: string): { offer: string; secret: string } | null {
  const match = /^#h=1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})(?:\.[A-Za-z0-9_-]{1,400})?$/.exec(
    fragment,
  );
  return match ? { offer: match[1] as string, secret: match[2] as string } : null;
}

/** Recovery codes: twenty letters of {@link CODE_ALPHABET}, 86 bits. */
export const RECOVERY_LENGTH = 20;
/** The `offer` that a claim by recovery code names. */
export const RECOVERY_OFFER = "recovery";
/** As {@link CODE_KDF}, over a recovery code's letters. */
export const RECOVERY_KDF = { salt: "tellyport-pair-1", info: "recovery" } as const;

/** `XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function formatRecoveryCode(code: string): string {
  return (code.match(/.{1,4}/g) ?? []).join("-");
}

/** As {@link normaliseCode}, for recovery codes. */
export function normaliseRecoveryCode(typed: string): string | null {
  const code = typed.toUpperCase().replace(/[\s-]/g, "");
  if (code.length !== RECOVERY_LENGTH) return null;
  return [...code].every((letter) => CODE_ALPHABET.includes(letter)) ? code : null;
}
