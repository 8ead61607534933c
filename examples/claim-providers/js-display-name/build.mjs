// Makes the component: `npm run build` or `argus plugin build`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { componentize } from "componentize-qjs";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
const { name } = JSON.parse(readFileSync("claim-provider.json", "utf8"));

// The tool follows imports of JavaScript only, so the schema becomes a module that exports its text.
const schema = readFileSync("schema.json", "utf8");
writeFileSync("schema.js", `// Made of schema.json by build.mjs.\nexport default ${JSON.stringify(schema)};\n`);

try {
  const { component } = await componentize({
    witPath: "wit",
    world: "claim-provider",
    jsPath: "provider.js",
    jsSource: readFileSync("provider.js", "utf8"),
    moduleRoot: ".",
    // Providers have no clock, files or streams; a call of one stops the invocation.
    stubWasi: true,
    // The host calls and waits for the answer.
    sync: true,
  });
  writeFileSync(`${name}.wasm`, component);
} catch (error) {
  // The stack would be that of the tool; the place in the author's code is in the message.
  console.error(error.message.replace(/^: /, ""));
  process.exitCode = 1;
}
