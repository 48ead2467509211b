import AjvCompiler from "@fastify/ajv-compiler";
import SerializerSelector from "@fastify/fast-json-stringify-compiler";

type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/**
 * Fastify's own compilers of schemas, each schema compiled when it is first needed: most routes are not asked for in the life of
 * a box, and all of them together take half a second of its start.
 *
 * What an address says is text, and is read as what its schema names. A body says itself what it is: 5 is no "5".
 */
export function lazyCompilers(): {
  buildValidator: AjvCompiler.BuildCompilerFromPool;
  buildSerializer: SerializerSelector.SerializerFactory;
} {
  return {
    buildValidator: lazily(withoutCoercionOfBodies(AjvCompiler())),
    buildSerializer: lazily(SerializerSelector()),
  };
}

function withoutCoercionOfBodies(
  build: AjvCompiler.BuildCompilerFromPool,
): AjvCompiler.BuildCompilerFromPool {
  return (schemas, options) => {
    const reading = build(schemas, options);
    const strict = build(schemas, { customOptions: { ...options?.customOptions, coerceTypes: false } });
    return (definition, meta) => {
      // Fastify passes the schema with the part of the request that it is for; the compiler's types have the schema alone.
      const isBody = typeof definition === "object" && definition["httpPart"] === "body";
      return (isBody ? strict : reading)(definition, meta);
    };
  };
}

/** A factory of compilers whose functions are made at their first call. */
function lazily<Build extends AnyFunction>(build: Build): Build {
  const lazy = (...environment: never[]): unknown => {
    const compile = build(...environment) as (definition: unknown) => AnyFunction;
    return (definition: unknown): AnyFunction => {
      let made: (AnyFunction & { errors?: unknown }) | undefined;
      const first: AnyFunction & { errors?: unknown } = function (this: unknown, ...args) {
        made ??= compile(definition);
        const answer = made.apply(this, args);
        // Where Fastify looks for what is wrong with the input.
        first.errors = made.errors;
        return answer;
      };
      return first;
    };
  };
  return lazy as Build;
}
