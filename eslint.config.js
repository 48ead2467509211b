import tseslint from "typescript-eslint";

/** Everywhere. */
const RULES = {
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
  "no-restricted-properties": [
    "error",
    {
      object: "process",
      property: "exit",
      message: "Only the entry point ends the process: set process.exitCode or throw.",
    },
  ],
};

export default tseslint.config(
  { ignores: ["dist", "build", "var", "node_modules", "docs"] },
  {
    files: ["src/**/*.ts", "web/**/*.{ts,tsx}"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...RULES,
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    // Without types, which take most of the linter's time: in tests the compiler has to do.
    files: ["test/**/*.ts"],
    extends: [...tseslint.configs.recommended],
    rules: RULES,
  },
);
