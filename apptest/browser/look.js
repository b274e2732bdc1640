// Every page as people meet it: on a phone and on a desk, light and dark, in
// both languages. axe-core finds nothing by WCAG 2.0 to 2.2, A and AA; nothing
// runs over the edge at 320 px; the browser complains of nothing.
"use strict";

const fs = require("node:fs");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// What a page is looked at in. A scheme changes colours alone, so of the dark
// one the rules about colours are asked.
const views = [
  { width: 1280, scheme: "light", rules: null },
  { width: 360, scheme: "light", rules: null },
  { width: 360, scheme: "dark", rules: ["color-contrast", "link-in-text-block"] },
  { width: 1280, scheme: "dark", rules: ["color-contrast", "link-in-text-block"] },
];

module.exports = async function look(c) {
  const queue = [];
  for (const lang of ["vi", "en"]) {
    const byRole = Map.groupBy ? Map.groupBy(c.pages, (p) => p.role) : group(c.pages);
    for (const [role, pages] of byRole) queue.push({ lang, role, pages });
  }
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await lookAs(c, next);
  };
  await Promise.all([worker(), worker()]);
};

function group(pages) {
  const out = new Map();
  for (const one of pages) out.set(one.role, [...(out.get(one.role) || []), one]);
  return out;
}

async function lookAs(c, { lang, role, pages }) {
  const locale = { vi: "vi-VN", en: "en-GB" }[lang];
  const page = await c.open(lang, role, { locale, viewport: { width: 1280, height: 900 } });
  for (const one of pages) {
    let answer = await page.goto(one.path);
    if (one.fill) answer = await send(page, one);
    if (answer.status() !== (one.status || 200)) c.tell(one.path, `${lang}: status ${answer.status()}`);
    await page.evaluate(axe);
    for (const view of views) await lookIn(c, page, one.path, lang, view);
    await narrow(c, page, one.path, lang);
  }
  await page.context().close();
}

// send fills in the page's form and gives the answer.
async function send(page, { path, fill }) {
  for (const [id, value] of Object.entries(fill)) {
    const field = page.locator(`#${id}`);
    if (await field.evaluate((e) => e.tagName) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === "POST" && new URL(r.url()).pathname === path),
    page.locator(`main form[action="${path}"] button`).first().click(),
  ]);
  await page.waitForLoadState();
  return answer;
}

async function lookIn(c, page, path, lang, view) {
  await page.setViewportSize({ width: view.width, height: 900 });
  await page.emulateMedia({ colorScheme: view.scheme });
  const runOnly = view.rules ? { type: "rule", values: view.rules } : { type: "tag", values: tags };
  const found = await page.evaluate((runOnly) => axe.run(document, { runOnly, resultTypes: ["violations"], preload: false }), runOnly);
  for (const one of found.violations) {
    for (const node of one.nodes.slice(0, 3)) {
      c.tell(path, `${lang}, ${view.width} px, ${view.scheme}: ${one.id}: ${one.help}: ${node.html.slice(0, 300)} (${node.failureSummary.replace(/\s+/g, " ").slice(0, 300)})`);
    }
  }
}

// narrow finds what makes a page wider than the smallest screen (WCAG 2.2,
// success criterion 1.4.10).
async function narrow(c, page, path, lang) {
  await page.setViewportSize({ width: 320, height: 900 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll("main *, header *, footer *")]
      .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest("svg"))
      .slice(0, 3).map((e) => e.outerHTML.slice(0, 200));
  });
  for (const one of wide) c.tell(path, `${lang}: wider than 320 px: ${one}`);
}
