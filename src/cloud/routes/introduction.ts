/** What the cloud's API description begins with: a box is written from it and three standards. */
export const INTRODUCTION = `How a box registers its name and its addresses, without an account.

Every request is \`{"request": "<compact JWS>"}\` (RFC 7515), signed by the box's Ed25519 key (RFC 8037). Its protected header has these members and
no other: \`alg\` is \`EdDSA\`, \`typ\` is \`tellyport-registration+jws\`, \`jwk\` the public key (\`kty\`, \`crv\`, \`x\`), \`kid\` the box's id: the first 80
bits of SHA-256 over its SubjectPublicKeyInfo, base32 in small letters. Its payload is the action that the route names: \`act\`, \`iss\` (the id), \`aud\` (this
cloud's origin, as the box has it configured), \`seq\` (larger than that of every request before), \`iat\`, and what is the action's own.

\`sequence-behind\` brings the last number in \`detail.seq\`. Failures are \`application/problem+json\` (RFC 9457) with a stable \`code\`.`;
