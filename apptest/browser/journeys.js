// What people come for, from beginning to end: with and without JavaScript, on a
// phone and on a desk.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ways = [
  { name: "desk", viewport: { width: 1280, height: 900 } },
  { name: "phone", viewport: { width: 390, height: 844 } },
  { name: "desk without JavaScript", viewport: { width: 1280, height: 900 }, javaScriptEnabled: false },
  { name: "phone without JavaScript", viewport: { width: 390, height: 844 }, javaScriptEnabled: false },
];

// journeys are by name: the role that makes it, and its parts. A part is walked
// in every way; what happens before it, happens once. A step that cannot be made
// throws, and is told.
const journeys = [
  { name: "operator: a failed sync, from alarm to mended", role: "operator",
    parts: [{ before: breakSource, go: seeAlarm }, { before: mendSource, go: seeMended }] },
  { name: "reviewer: ten pairs by keyboard alone", role: "reviewer", parts: [{ go: tenPairs }] },
  { name: "officer: yes or no, and the entry that proves it", role: "officer", parts: [{ go: confirmResidence }] },
  { name: "leader: a figure to its query", role: "leader", parts: [{ go: figureToQuery }] },
];

module.exports = async function all(c) {
  for (const one of journeys) {
    for (const part of one.parts) {
      if (part.before) part.before(c);
      for (const way of ways) await walk(c, one, part, way);
    }
  }
};

async function walk(c, one, part, { name, ...options }) {
  const page = await c.open(`${one.name}, ${name}`, one.role, { ...options, locale: "en-GB" });
  try {
    await part.go(c, page, name);
  } catch (error) {
    c.tell(`${one.name}, ${name}`, `at ${page.url()}: ${error.message}`);
  }
  await page.context().close();
}

// want throws where something is not as the journey needs it.
function want(is, text) {
  if (!is) throw new Error(`want ${text}`);
}

// sen runs the program as somebody at the command line would, and gives its exit
// code.
function sen(c, ...args) {
  try {
    execFileSync(c.sen, args, { cwd: c.dir, env: { ...process.env, SEN_LANG: "en", SEN_DIR: "" }, stdio: "pipe" });
    return 0;
  } catch (error) {
    return error.status;
  }
}

const broken = { dataset: "education.pupil", file: "sources/education/pupil.csv" };

// breakSource gives the file other columns than its contract says.
function breakSource(c) {
  const file = path.join(c.dir, broken.file);
  broken.whole = fs.readFileSync(file);
  fs.writeFileSync(file, "a;b\n1;2\n");
  want(sen(c, "sync", broken.dataset) !== 0, "a sync of a broken file to fail");
}

function mendSource(c) {
  fs.writeFileSync(path.join(c.dir, broken.file), broken.whole);
  want(sen(c, "sync", broken.dataset) === 0, "a sync of the mended file to end well");
}

async function seeAlarm(c, page) {
  await page.goto("/systems");
  const alarm = page.locator("tr.need-row", { hasText: broken.dataset });
  want(await alarm.count() === 1, `an alarm at ${broken.dataset}`);
  await alarm.getByRole("link", { name: broken.dataset }).click();
  await page.waitForURL(`**/systems/${broken.dataset}`);
  await page.getByText("no longer fits its contract").first().waitFor();
}

async function seeMended(c, page) {
  await page.goto("/systems");
  want(await page.locator("tr.need-row", { hasText: broken.dataset }).count() === 0, "no alarm after the repair");
  await page.getByRole("link", { name: broken.dataset, exact: true }).first().click();
  await page.locator(".state.ok").first().waitFor();
}

async function figureToQuery(c, page) {
  await page.goto("/");
  await page.waitForURL("**/leader");
  const figures = page.locator("dl.lead > div");
  want(await figures.count() > 3, "figures on the first page of a leader");
  const number = (await figures.first().locator(".fig").innerText()).trim();
  await figures.first().getByRole("link", { name: /query/ }).click();
  await page.waitForURL("**/indicators/*");
  want((await page.locator("pre code").innerText()).includes("SELECT"), "the query behind the figure");
  want((await page.locator(".fig").first().innerText()).trim() === number, `the same figure, ${number}`);
}

// tenPairs answers with the keys alone: two for good, the rest put off.
async function tenPairs(c, page) {
  await page.goto("/links");
  await tabTo(page, (e) => e.getAttribute("href") === "/links/person");
  await press(page, "Enter");
  await page.waitForURL("**/links/person");
  for (let n = 0; n < 10; n++) {
    const verdict = ["same", "different"][n] || "later";
    want(await page.locator("table.pair").count() === 1, `a pair, the ${n + 1}th of ten`);
    await tabTo(page, (e, verdict) => e.name === "do" && e.value === verdict, verdict);
    await press(page, "Enter");
    if (n < 2) await page.getByRole("status").getByRole("link", { name: /^[A-Z]/ }).waitFor();
  }
}

// tabTo presses Tab until an element has the focus.
async function tabTo(page, is, argument) {
  for (let n = 0; n < 100; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(`(${is})(document.activeElement, ${JSON.stringify(argument)})`)) return;
  }
  throw new Error(`the keyboard does not reach ${is}`);
}

// press presses a key that leads to another page, and waits for it.
async function press(page, key) {
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press(key)]);
  await page.waitForLoadState();
}

async function confirmResidence(c, page) {
  await page.goto("/");
  await page.getByLabel("Identity number").fill(c.number);
  await page.getByLabel("Case number").fill("HS-2026-0001");
  await page.getByRole("button", { name: "Answer yes or no" }).click();
  await page.getByText(/(Yes|No)\. (This person|The registered)/).first().waitFor();
  await page.getByText("Proof, entries of the journal number").waitFor();
  want(!page.url().includes(c.number), "no number in the address");
}
