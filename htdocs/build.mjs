// Makes the site that is served and installed of the pages' sources.
//
//   node build.mjs --source HTDOCS --made FOLDER --modules NODE_MODULES --site FOLDER --dependencies FILE PAGE.html...
//
// HTDOCS holds the pages named, their scripts, styles and parts; what lies in the FOLDER of --made (pages about problems, the
// API's document) was made by the same `make' and is served at the same addresses. Each page's module and styles are
// bundled and made small by esbuild and get names with a hash of their content, which browsers may keep for ever. Beside
// each file lies its .gz. The site's folder is replaced as a whole. FILE gets the make rules that tell what all this was
// made of.
//
// In a page, <!-- part NAME --> stands for HTDOCS/parts/NAME.html. A part may have a hole, <!-- here -->, for what the page
// writes between <!-- part NAME --> and <!-- /part NAME -->.

import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const text = { type: "string" };
const { values: given, positionals: pages } = parseArgs({
  options: { source: text, made: text, modules: text, site: text, dependencies: text },
  allowPositionals: true,
});
const { source, made, modules, site, dependencies } = given;
const fresh = `${site}.part`;
const { buildSync } = createRequire(resolve(modules, "esbuild", "index.js"))("esbuild");

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
const htmlOf = (folder) => filesBelow(folder).filter((file) => file.endsWith(".html"));
const read = (...place) => readFileSync(join(...place), "utf8");

/** The page with its parts; the link to itself, or to the page that it says it belongs to, is the current one. */
function filledIn(page, html) {
  const whole = html
    .replace(/<!-- part (\S+)(?: of (\S+))? -->\n(?:([^]*?)\s*<!-- \/part \1 -->\n)?/g, (_, name, owner, content) => {
      const address = owner ?? (page === "index.html" ? "/" : `/${page}`);
      const part = read(source, "parts", `${name}.html`).replace(/ *<!-- here -->\n/, content ? `${content}\n` : "");
      return part.replace(`<a href="${address}"`, `$& aria-current="${owner ? "true" : "page"}"`);
    });
  const left = whole.match(/<!--[^]*?-->/);
  if (left) throw new Error(`${page}: ${left[0]} is no part of this page`);
  return whole;
}

/** The scripts and styles that pages name, as files of HTDOCS. */
function entriesOf(texts) {
  const named = texts.flatMap((html) => [...html.matchAll(/ (?:src|href)="\/((?:js|css)\/[^"]+)"/g)]);
  return [...new Set(named.map(([, file]) => file))].sort();
}

function bundle(entries) {
  return buildSync({
    absWorkingDir: resolve(source),
    entryPoints: entries,
    nodePaths: [resolve(modules)],
    outdir: resolve(fresh, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "shared-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  }).metafile;
}

/** From each entry to the address of its bundle and the addresses of the modules that it will ask for. */
function addressesOf({ outputs }) {
  const address = (file) => `/${relative(resolve(fresh), resolve(source, file))}`;
  const all = (file, seen = new Set()) => {
    for (const { path } of outputs[file].imports.filter(({ external }) => !external)) {
      if (!seen.has(path)) all(path, seen.add(path));
    }
    return seen;
  };
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint);
  return new Map(entries.map(([file, { entryPoint }]) =>
    [entryPoint, { bundle: address(file), needs: [...all(file)].map(address) }]));
}

/** The page as it is served: its bundles by their names, and the modules asked for at once rather than one by one. */
function linked(html, addresses) {
  return html.replace(/^( *)(<(?:script|link)\b.* (?:src|href)=")\/((?:js|css)\/[^"]+)(".*)$/gm, (_, indent, before, file, after) => {
    const { bundle: name, needs } = addresses.get(file);
    const ahead = needs.map((address) => `${indent}<link rel="modulepreload" href="${address}">\n`);
    return `${ahead.join("")}${indent}${before}${name}${after}`;
  });
}

function put(file, content) {
  const place = join(fresh, file);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, content);
}

/** As gcc -MP writes them: a file that is gone is no error, but a reason to make the site again. */
function rulesOf(files) {
  return `${site}.stamp: ${files.join(" ")}\n${files.map((file) => `${file}:\n`).join("")}`;
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });

const texts = new Map([
  ...pages.map((page) => [page, filledIn(page, read(source, page))]),
  ...htmlOf(made).map((page) => [page, read(made, page)]),
]);
const metafile = bundle(entriesOf([...texts.values()]));
const addresses = addressesOf(metafile);
for (const [page, html] of texts) put(page, linked(html, addresses));
cpSync(join(made, "v1"), join(fresh, "v1"), { recursive: true });
put("favicon.svg", read(source, "favicon.svg"));
put("licences/uplot.txt", read(modules, "uplot", "LICENSE"));

for (const file of filesBelow(fresh)) {
  const plain = readFileSync(join(fresh, file));
  const small = gzipSync(plain, { level: 9 });
  if (small.length < plain.length) put(`${file}.gz`, small);
}

const parts = filesBelow(join(source, "parts")).map((file) => join(source, "parts", file));
const bundled = Object.keys(metafile.inputs).map((file) => relative(".", resolve(source, file)));
writeFileSync(dependencies, rulesOf([...parts, ...bundled, join(source, "favicon.svg")]));
rmSync(site, { recursive: true, force: true });
renameSync(fresh, site);
