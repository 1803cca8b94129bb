// Makes the pages about problems, one for each code and an index.
//
//   node build.mjs PROBLEMS.json FOLDER
//
// The first is what `takings-worker --problems` prints. FOLDER is emptied first.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const [file, folder] = process.argv.slice(2);
const problems = JSON.parse(readFileSync(file, "utf8"));
const names = { 4: "What was asked cannot be done as it was asked", 5: "The service could not do it" };

const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
/** Plain text in which backticks stand around what is code. */
const prose = (text) => escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");

const page = (title, content) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>${escape(title)} · Takings</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/css/base.css">
  <link rel="stylesheet" href="/css/problems.css">
</head>
<body>
  <header class="head">
    <div class="head-row"><a class="brand" href="/">Takings</a> <a class="soft" href="/problems/">Problems</a></div>
  </header>
  <main class="problem">
${content}
  </main>
</body>
</html>
`;

const onePage = ({ code, status, title, meaning, remedy }) =>
  page(
    title,
    `    <p class="soft"><code>${code}</code> · HTTP ${status}</p>
    <h1>${escape(title)}</h1>
    <section class="panel">
      <h2>What it means</h2>
      <p>${prose(meaning)}</p>
      <h2>What to do</h2>
      <p>${prose(remedy)}</p>
    </section>
    <p class="soft">The answer's <code>detail</code> and <code>errors</code> say more of this one request, and its
      <code>request_id</code> is what the service's operator finds it by.</p>`,
  );

const item = ({ code, status, title }) =>
  `        <li><span>${status}</span> <a href="/problems/${code}"><code>${code}</code></a> <span>${escape(title)}</span></li>`;

const part = (digit) => `    <section class="panel" aria-labelledby="of-${digit}">
      <h2 id="of-${digit}">${names[digit]}</h2>
      <ul class="codes">
${problems
  .filter(({ status }) => Math.floor(status / 100) === Number(digit))
  .map(item)
  .join("\n")}
      </ul>
    </section>`;

const index = page(
  "Problems",
  `    <h1>Problems</h1>
    <p class="soft">Whatever the API refuses is a problem document (RFC 9457), whose <code>type</code> leads to one of these pages.</p>
${Object.keys(names).map(part).join("\n")}`,
);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const problem of problems) writeFileSync(`${folder}/${problem.code}.html`, onePage(problem));
writeFileSync(`${folder}/index.html`, index);
