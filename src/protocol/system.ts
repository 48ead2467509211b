import * as Type from "typebox";
import type { Static } from "typebox";

/** What an owner sees of the machine: what is stored, how it runs. Rules as in api.ts. */

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
const Size = Type.Number({ minimum: 0, description: "Bytes" });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const Folder = Type.Object({
  path: Type.String(),
  free: nullable(Size),
  total: nullable(
    Type.Number({ minimum: 0, description: "Bytes of its file system; null: it cannot be asked" }),
  ),
});

/** `GET /api/v1/system`. */
export const SystemState = Type.Object(
  {
    version: Type.String(),
    startedAt: Time,
    ready: Type.Optional(Type.Boolean({ description: "Everything has been started" })),
    local: Type.Optional(
      Type.String({ description: "Where a program on this machine finds it over plain http" }),
    ),
    canRestart: Type.Boolean({ description: "A service manager would begin it again" }),
    clock: Type.Object({
      state: Type.Union([Type.Literal("synchronised"), Type.Literal("unsynchronised")]),
      doubt: nullable(Type.String({ description: "As `clockDoubt` of the box; null: none" })),
      time: Time,
    }),
    memory: Type.Object({
      used: Type.Number({ minimum: 0, description: "Bytes that the daemon takes" }),
      free: Type.Number({ minimum: 0, description: "Bytes that the machine could give" }),
      total: Type.Number({ minimum: 0, description: "Bytes of the machine" }),
    }),
    processor: Type.Object({
      load: Type.Number({
        minimum: 0,
        description: "Processes that want to run, on the average of a minute",
      }),
      cores: Type.Integer({ minimum: 1 }),
    }),
    storage: Type.Object({
      state: Folder,
      media: Type.Object({ used: Size, limit: Size }),
      timeShift: Type.Object({
        minutes: Type.Integer({
          minimum: 0,
          description: "How far back a channel can be watched; 0: not at all",
        }),
        folder: nullable(Folder),
        ready: Type.Boolean({
          description: "The folder is there and takes what is written; false without one",
        }),
        used: Size,
        limit: Size,
      }),
      guide: Type.Object({
        bytes: Size,
        until: nullable(
          Type.String({ description: "Until when there are programmes, about; null: there are none" }),
        ),
      }),
    }),
  },
  { title: "SystemState" },
);
export type SystemState = Static<typeof SystemState>;

/** `POST /api/v1/system/restart`: it has begun to stop. */
export const Restarting = Type.Object({ restarting: Type.Literal(true) }, { title: "Restarting" });
