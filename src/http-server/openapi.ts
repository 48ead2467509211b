import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { FastifySchema } from "fastify";
import type { RouteAccess } from "../protocol/access.ts";
import { Problem } from "../protocol/api.ts";

const INTRODUCTION = `The box's API. A client is written from this document and three standards:

1. Pair: \`POST /api/v1/pairing/claim\` with a proof of the offer's code or secret (see the route), then poll.
2. Each later request carries \`Authorization: DPoP <access token>\` and a proof of the client's key in \`DPoP\` (RFC 9449, ES256, with the nonce of
   the last \`DPoP-Nonce\` header; a 401 with the code \`dpop-nonce-required\` brings one). A LAN viewer sends its cookie and, when it changes
   something, \`x-tellyport: 1\`.
3. \`POST /api/v1/playback\` answers the path of an HLS multivariant playlist (RFC 8216); the grant in it is all that media requests need.

Failures are \`application/problem+json\` (RFC 9457) with a stable \`code\`.`;

/** The proof of a claim, for those who write a client from the document alone. */
const CLAIM = `\`proof\` is base64url(HMAC-SHA-256(key, bytes)). \`bytes\` are these fields, each as a 16-bit big-endian length and its UTF-8 bytes:
\`tellyport-pair-1\`, the box's id, the offer's id (empty when a code was typed), the RFC 7638 thumbprint of \`key\` (empty when it is null), \`nonce\`. The HMAC key
is the QR code's 16-byte secret, or for a typed code HKDF-SHA-256(code in capitals without hyphen, salt \`tellyport-pair-1\`, info \`code\`, 32 bytes). A QR
code's address ends in \`#p=1.<offer>.<secret, base64url>\`.

A hand-off, by which a paired client gives its place to another, is an address that ends in \`#h=1.<id>.<secret, base64url>\`: it is claimed like a QR
code's, with that id as \`offer\` and its 16-byte secret as the HMAC key.

A recovery code, of twenty letters, makes an owner: \`offer\` is \`recovery\`, in \`bytes\` too, and the HMAC key HKDF-SHA-256(code in capitals without
hyphens, salt \`tellyport-pair-1\`, info \`recovery\`, 32 bytes).`;

/** What `/api/v1/openapi.json` says beside the routes' own schemas: who may use each, and how failures look. */
export function openApiOptions(
  version: string,
  about: { readonly title: string; readonly introduction: string } = {
    title: "Tellyport",
    introduction: INTRODUCTION,
  },
): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: { title: about.title, version, description: about.introduction },
      components: {
        securitySchemes: {
          dpop: {
            type: "http",
            scheme: "DPoP",
            description: "Access token bound to the client's key, RFC 9449",
          },
          lan: {
            type: "apiKey",
            in: "cookie",
            name: "tp_lan",
            description: "LAN viewer, over plain http on the box's own link",
          },
        },
      },
    },
    transform({ schema, url, route }) {
      const described = (schema ?? {}) as FastifySchema & { hide?: boolean; description?: string };
      if (described.hide === true) return { schema: described, url };
      return {
        url,
        schema: {
          ...described,
          ...(url === "/api/v1/pairing/claim" && { description: CLAIM }),
          ...accessOf(route.config?.access),
          response: { ...(described.response as object | undefined), "4xx": Problem, "5xx": Problem },
        },
      };
    },
  };
}

function accessOf(access: RouteAccess | undefined): object {
  switch (access?.kind) {
    case "roles":
      return {
        security: [{ dpop: [] }, { lan: [] }],
        "x-roles": access.roles,
        ...(access.screen && { "x-screen": true }),
      };
    case "local":
      return { security: [{ dpop: [] }], "x-roles": [], "x-local": true };
    default:
      return { security: [] };
  }
}
