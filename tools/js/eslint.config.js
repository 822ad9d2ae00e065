// Rules for all JavaScript of the project. What is undefined or of a wrong type is found by tsc.
import js from "@eslint/js";

/**
 * Asks for a comment in front of every function at the top of a file.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
const documented = {
  meta: { type: "suggestion", schema: [] },
  create: context => ({
    FunctionDeclaration: node => {
      const start = node.parent.type === "ExportNamedDeclaration" ? node.parent : node;
      if (start.parent.type !== "Program") return;
      const comment = context.sourceCode.getCommentsBefore(start).at(-1);
      if (comment?.type === "Block" && comment.value.startsWith("*")) return;
      context.report({ node, message: "A function starts with a JSDoc comment." });
    },
  }),
};

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    plugins: { clerkwork: { rules: { documented } } },
    rules: {
      "clerkwork/documented": "error",
      "complexity": ["error", 15], // optional chaining counts as a branch
      "curly": ["error", "multi-line"],
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 40],
      "no-shadow": "error",
      "no-undef": "off",
      "no-var": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    files: ["clerkwork/browser/**/*.js"],
    rules: { "max-lines": ["error", { max: 120, skipComments: true, skipBlankLines: true }] },
  },
  { // scripts that share the names of their page
    files: ["clerkwork/web/static/*.js", "clerkwork/testing/portal/static/*.js"],
    languageOptions: { sourceType: "script" },
    rules: { "no-unused-vars": ["error", { vars: "local" }] },
  },
  { ignores: ["**/vendor/**"] },
];
