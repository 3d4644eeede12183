// What the bundle needs of esbuild beyond its options.
import {readFile} from "node:fs/promises";
import {builtinModules} from "node:module";
import {dirname, join, relative} from "node:path";
import {pathToFileURL} from "node:url";

// An import of a built-in module makes Node copy every export, which opens streams and loads what nobody asked for: 3 ms
// for node:fs and 2 ms for node:process on Node 24. process.getBuiltinModule hands out the module itself. Commander
// wants node:child_process for subcommands that are programs of their own, and there are none here.
export const CHEAP_BUILTINS = {
  name: "cheap-builtins",
  setup(build) {
    const names = builtinModules.filter((name) => !name.startsWith("_")).join("|");
    build.onResolve({filter: new RegExp(`^(node:)?(${names})$`)}, ({path, importer, kind}) => {
      if (kind === "dynamic-import") return {path, external: true};
      const unused = path.endsWith("child_process") && importer.includes(join("node_modules", "commander"));
      // Named after its importer, so that no two files share it: a shared module would become a file of its own.
      const name = unused ? "unused" : path;
      return {
        path: `${name} for ${relative(build.initialOptions.absWorkingDir, importer)}`,
        pluginData: name,
        namespace: "builtin",
        sideEffects: false,
      };
    });
    build.onLoad({filter: /.*/, namespace: "builtin"}, ({pluginData: name}) => ({
      contents: `module.exports = ${name === "unused" ? "{}" : `process.getBuiltinModule("${name}")`}`,
    }));
  },
};

// A CommonJS package that is imported dynamically has a default export only once it is split off. Node gives its names
// too, and so does this wrapper.
export const namedExports = (external) => ({
  name: "named-exports",
  setup(build) {
    build.onResolve({filter: /^[^./]/}, async ({path, kind, resolveDir, importer, pluginData}) => {
      if (kind !== "dynamic-import" || pluginData === "named" || external.includes(path)) return undefined;
      const found = await build.resolve(path, {kind, resolveDir, importer, pluginData: "named"});
      if (found.external || !found.path.includes("node_modules")) return undefined;
      const isCommonJs = /^\s*(?:"use strict"|'use strict'|const .* = require\()/.test(
        await readFile(found.path, "utf8"),
      );
      return isCommonJs ? {path: found.path, namespace: "named"} : undefined;
    });
    build.onLoad({filter: /.*/, namespace: "named"}, async ({path}) => {
      const names = Object.keys(await import(pathToFileURL(path).href)).filter((name) => /^[\w$]+$/.test(name));
      const exported = names.filter((name) => !["default", "module.exports"].includes(name));
      const contents = `import all from ${JSON.stringify(path)};export default all;export const {${exported}} = all;`;
      return {contents, resolveDir: dirname(path)};
    });
  },
});

// The entry of one command, and a registry that knows no other.
export const oneCommand = (path, source) => {
  const words = path.split(/[ -]/).map((word, at) => (at === 0 ? word : word[0].toUpperCase() + word.slice(1)));
  const file = `./commands/${path.replaceAll(" ", "/")}.ts`;
  return {
    name: "one-command",
    setup(build) {
      build.onResolve({filter: /^\.\/help\.js$/}, ({importer}) =>
        importer.startsWith(source) ? {path: "../help.js", external: true} : undefined,
      );
      build.onLoad({filter: /[\\/]commands[\\/]registry\.ts$/}, () => ({
        contents:
          `import {${words.join("")}Command as create} from "${file}";\n` +
          `export const COMMANDS = [{path: "${path}", heading: "Program", load: async () => create}];`,
        resolveDir: source,
      }));
    },
  };
};
