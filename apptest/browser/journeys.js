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
  { name: "operator: sync, verify, pause", role: "operator", parts: [{ go: syncAndVerify }, { go: pauseAndResume }] },
  { name: "steward: a red figure to its rows, to its case, to its close", role: "steward",
    parts: [{ go: figureToCase }, { before: mendNames, go: seeClosed }] },
  { name: "steward: one person's record, and who looked", role: "steward", parts: [{ go: openPerson }] },
  { name: "reviewer: ten pairs by keyboard alone", role: "reviewer", parts: [{ go: tenPairs }] },
  { name: "stewards: a merge that waits for the second one, and is undone", role: "steward",
    parts: [{ go: proposeMerge }, { role: "second steward", go: confirmMerge }, { role: "second steward", go: undoMerge }] },
  { name: "officer: yes or no, and the entry that proves it", role: "officer", parts: [{ go: confirmResidence }, { go: unknownNumber }] },
  { name: "agency: its own cases, and nobody else's", role: "agency", parts: [{ go: answerCase }, { go: seesItsOwn }] },
  { name: "leader: a figure to its query", role: "leader", parts: [{ go: figureToQuery }] },
];

module.exports = async function all(c) {
  for (const one of journeys.filter((j) => j.name.includes(c.only || ""))) {
    for (const part of one.parts) {
      if (part.before) part.before(c);
      for (const way of ways) await walk(c, one, part, way);
    }
  }
};

async function walk(c, one, part, { name, ...options }) {
  const page = await c.open(`${one.name}, ${name}`, part.role || one.role, { ...options, locale: "en-GB" });
  try {
    await page.goto("/");
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

// until asks for the page again and again until something is so. With
// JavaScript the page is to change by itself.
async function until(page, name, is, text) {
  const alone = !name.includes("without JavaScript");
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await is()) return;
    await page.waitForTimeout(250);
    if (!alone) await page.reload();
  }
  throw new Error(`want ${text}`);
}

// choose goes to a page by the menu, which a small screen folds away.
async function choose(page, title) {
  const menu = page.locator("nav.menu");
  const link = menu.getByRole("link", { name: title, exact: true });
  if (!await link.isVisible()) await menu.locator("summary").click();
  await link.click();
  await page.getByRole("heading", { level: 1 }).waitFor();
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

// syncAndVerify asks for both, and sees each come to its end.
async function syncAndVerify(c, page, name) {
  await choose(page, "Systems");
  await page.getByRole("link", { name: "land.parcel", exact: true }).click();
  const newest = page.locator("section", { has: page.locator("#h-jobs") }).locator("tbody tr").first();
  for (const [button, says] of [["Sync now", /sync.*done/s], ["Verify", /verify.*source and store agree/s]]) {
    await page.getByRole("button", { name: button }).click();
    await until(page, name, async () => says.test(await newest.innerText()), `${button} to come to its end`);
  }
}

// pauseAndResume holds back the reading of a server.
async function pauseAndResume(c, page) {
  await page.goto("/systems/far.station");
  await page.getByRole("button", { name: "Pause reading" }).click();
  await page.locator(".state.wait", { hasText: "paused" }).waitFor();
  await page.getByRole("button", { name: "Go on reading" }).click();
  await page.getByRole("button", { name: "Pause reading" }).waitFor();
  want(await page.locator(".state.wait", { hasText: "paused" }).count() === 0, "nothing paused after it goes on");
}

// figureToCase goes from what is wrong to the rows, for a purpose, and to the case.
async function figureToCase(c, page) {
  await choose(page, "Quality");
  await page.getByRole("link", { name: "hostile", exact: true }).click();
  await page.getByRole("link", { name: "hostile.name", exact: true }).first().click();
  await page.getByRole("link", { name: /^see.*name$/ }).first().click();
  await page.getByLabel("Purpose").selectOption("quality-control");
  await page.getByRole("button", { name: "See the rows" }).click();
  await page.getByText("The journal has this look as").waitFor();
  await page.goto("/cases?agency=hostile");
  await page.locator("tbody a").first().click();
  await page.waitForURL("**/cases/*");
  await page.getByText("waits for the agency").first().waitFor();
}

// mendNames sends the names again, without what was wrong with them.
function mendNames(c) {
  fs.writeFileSync(path.join(c.dir, "sources/hostile/name.csv"), "so,ten\na,Một\nb,Hai\n");
  want(sen(c, "sync", "hostile.name") === 0, "a sync of the mended file to end well");
}

async function seeClosed(c, page) {
  await choose(page, "Cases");
  await page.getByLabel("Agency").selectOption("hostile");
  await page.getByLabel("State").selectOption("closed");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.locator("tbody a").first().click();
  await page.locator(".state.ok", { hasText: "closed" }).waitFor();
  await page.locator("ol.events", { hasText: "The data are right" }).waitFor();
}

// openPerson states a purpose; the look is among those that the record shows.
async function openPerson(c, page) {
  await choose(page, "One person");
  await page.getByLabel("Number or key").fill(c.number);
  await page.getByLabel("Purpose").selectOption("quality-control");
  await page.getByLabel("Case number").fill("K-2026-0002");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByRole("heading", { name: "Who looked at it" }).waitFor();
  await page.getByRole("row", { name: /K-2026-0002/ }).first().waitFor();
  want(!page.url().includes(c.number), "no number in the address");
}

const merges = []; // those that wait for the second steward

// proposeMerge says that two are one; who says it cannot confirm it.
async function proposeMerge(c, page) {
  await choose(page, "Links");
  await page.getByRole("link", { name: /one by one/ }).click();
  await page.getByRole("button", { name: /They are one/ }).click();
  const made = page.getByRole("status").getByRole("link");
  await made.click();
  merges.push(page.url());
  await page.getByText("somebody else confirms it").waitFor();
  want(await page.getByRole("button", { name: "Confirm" }).count() === 0, "nobody to confirm their own");
}

const confirmed = []; // those that stand

async function confirmMerge(c, page) {
  await page.goto(merges.shift());
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.locator(".state.ok", { hasText: "confirmed" }).waitFor();
  confirmed.push(page.url());
}

// undoMerge waits until the linkage has made the merge so, gives a reason, and
// sees who is to be told.
async function undoMerge(c, page) {
  await page.goto(confirmed.shift());
  const history = page.locator("ol.events");
  await until(page, "without JavaScript", async () => /took effect/.test(await history.innerText()), "the merge to take effect");
  await page.getByLabel("Reason").fill("two cousins of one name");
  await page.getByRole("button", { name: /Undo/ }).click();
  await page.locator("ol.events", { hasText: "two cousins of one name" }).waitFor();
  await page.getByRole("heading", { name: "Who used what it merged" }).waitFor();
}

async function unknownNumber(c, page) {
  await page.goto("/residence");
  await page.getByLabel("Identity number").fill("12");
  await page.getByLabel("Case number").fill("HS-2026-0001");
  await page.getByRole("button", { name: "Answer yes or no" }).click();
  await page.getByText("An identity number has 12 digits").waitFor();
  await page.getByLabel("Identity number").fill("000000000000");
  await page.getByRole("button", { name: "Answer yes or no" }).click();
  await page.getByText("Nobody in the hub has this number").waitFor();
}

// answerCase sees the rows of a case that waits, and says that they are mended.
async function answerCase(c, page) {
  await choose(page, "Cases");
  await page.getByLabel("State").selectOption("open");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.locator("tbody a").first().click();
  await page.getByLabel("It will be mended").check();
  await page.getByRole("button", { name: "Send the reply" }).click();
  await page.getByRole("status").waitFor();
  await page.getByText("the agency mends it").first().waitFor();
}

// seesItsOwn is told of no other agency's data, wherever it asks.
async function seesItsOwn(c, page) {
  await choose(page, "Systems");
  for (const name of await page.locator("tbody th a").allInnerTexts()) {
    want(name.startsWith("civil-status."), `no dataset of another agency, like ${name}`);
  }
  for (const one of ["/systems/population.person", "/quality/population.person", "/quarantine/population.person"]) {
    want((await page.request.get(one)).status() === 404, `${one} not to be there`);
  }
  await page.goto("/cases");
  want(await page.locator("tbody tr").count() > 0, "cases of its own");
  want(await page.locator("tbody tr", { hasNotText: "civil-status." }).count() === 0, "no case of another agency");
}
