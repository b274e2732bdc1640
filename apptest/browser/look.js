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
    if (one.action) answer = await send(page, one);
    if (lang === "en" && !one.action) await byKeyboard(c, page, one.path);
    if (answer.status() !== (one.status || 200)) c.tell(one.path, `${lang}: status ${answer.status()}`);
    await page.evaluate(axe);
    for (const view of views) await lookIn(c, page, one.path, lang, view);
    await narrow(c, page, one.path, lang);
  }
  await page.context().close();
}

// send fills in a form of the page and gives the answer.
async function send(page, { action, fill }) {
  for (const [id, value] of Object.entries(fill || {})) {
    const field = page.locator(`#${id}`);
    if (await field.evaluate((e) => e.tagName) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === "POST" && new URL(r.url()).pathname === action.split("#")[0]),
    page.locator(`main form[action="${action}"] button`).first().click(),
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

// byKeyboard goes through a page with Tab: first comes the way past the menu,
// which works, and whatever has the focus shows it and is in sight (success
// criteria 2.4.1, 2.4.7 and 2.4.11).
async function byKeyboard(c, page, path) {
  const most = 25;
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.keyboard.press("Tab");
  if (!await page.evaluate(() => document.activeElement.matches(".skip"))) c.tell(path, "the first Tab does not reach the way past the menu");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.hash === "#main").catch(() => c.tell(path, "the way past the menu leads nowhere"));
  for (let n = 0; n < most; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement === document.body || document.activeElement.matches(".skip"))) break;
    const unseen = await page.evaluate(() => {
      const e = document.activeElement, style = getComputedStyle(e), at = e.getBoundingClientRect();
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0) return `does not show that it has the focus: ${e.outerHTML.slice(0, 200)}`;
      if (at.bottom <= 0 || at.top >= innerHeight) return `has the focus out of sight: ${e.outerHTML.slice(0, 200)}`;
      if (!document.getElementById("main").contains(e) && !e.closest("footer")) return `comes after the way past the menu: ${e.outerHTML.slice(0, 200)}`;
      return "";
    });
    if (unseen) c.tell(path, unseen);
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

module.exports.send = send;
