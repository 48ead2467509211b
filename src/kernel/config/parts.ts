import * as Type from "typebox";
import type { TSchema } from "typebox";

/** What the schemas of several programs are made of. */

export const section = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, default: {}, description });

/** A section that is in force only where it is named: no default, or it would always be there. */
export const optionalSection = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Optional(Type.Object(properties, { additionalProperties: false, description }));

export const port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: value, description });

export const logSection = section(
  {
    level: Type.Union(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"].map((level) => Type.Literal(level)),
      { default: "info", description: "How much is logged" },
    ),
  },
  "Logging, to standard error",
);
