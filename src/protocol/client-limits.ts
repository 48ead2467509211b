import * as Type from "typebox";
import type { Static } from "typebox";

/** What a kid or guest may; absent members do not limit. All are enforced by the box. */
export const ClientLimits = Type.Object(
  {
    maximumAge: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 18,
        description: "Programmes rated for older viewers are not shown, years",
      }),
    ),
    unrated: Type.Optional(
      Type.Boolean({ description: "Programmes without a rating may be watched; default true" }),
    ),
    hours: Type.Optional(
      Type.Array(
        Type.Object(
          {
            days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
              minItems: 1,
              maxItems: 7,
              description: "1 Monday to 7 Sunday",
            }),
            from: Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
            to: Type.String({
              pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
              description: "After `from` on the same day",
            }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 28, description: "When it may watch, by the box's local time" },
      ),
    ),
    channels: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        maxItems: 2000,
        description: "The only channels it sees",
      }),
    ),
    minutesPerDay: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1440, description: "Programme time, by the box's local day" }),
    ),
  },
  { title: "ClientLimits", additionalProperties: false },
);
export type ClientLimits = Static<typeof ClientLimits>;
