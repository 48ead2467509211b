/** On every answer: nothing of ours is framed, sniffed, referred, or loads from elsewhere. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; media-src 'self' blob: data:; worker-src 'self' blob:; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/**
 * Besides, over https at a name for which the box orders certificates: plain http is at other names. Where the certificate is the
 * box's own, the header would take away the browser's way past the warning. @see RFC 6797
 */
export const STRICT_TRANSPORT: Readonly<Record<string, string>> = {
  "strict-transport-security": "max-age=31536000",
};
