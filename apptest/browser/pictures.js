// Pictures of pages, for the documents and for whoever looks at them: each page
// in each language and at each width, `FOLDER/NAME.LANGUAGE.png`.
"use strict";

const path = require("node:path");
const { send } = require("./look");

module.exports = async function pictures(c) {
  for (const lang of c.languages) {
    for (const width of c.widths) {
      for (const role of new Set(c.pages.map((p) => p.role))) await picturesAs(c, lang, width, role);
    }
  }
};

async function picturesAs(c, lang, width, role) {
  const locale = { vi: "vi-VN", en: "en-GB" }[lang];
  const page = await c.open(lang, role, { locale, viewport: { width, height: c.height || 800 } });
  for (const one of c.pages.filter((p) => p.role === role)) {
    await page.goto(one.path);
    if (one.action) await send(page, one);
    const name = [one.name, c.widths.length > 1 ? width : "", lang, "png"].filter(Boolean).join(".");
    await page.screenshot({ path: path.join(c.to, name), fullPage: !c.height });
  }
  await page.context().close();
}
