// Looks at the console with a browser: `node main.js < request.json`. The request
// says what to do ("look", "journeys" or "pictures"), where, and as whom; each finding is
// printed as a line of JSON, {"name", "text"}. Nothing found is nothing printed.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require("playwright-core");

const work = { look: require("./look"), journeys: require("./journeys"), pictures: require("./pictures") };

// Flags that Chromium needs where nothing but this machine can be reached.
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

// Console is the console under test, as the people who work with it.
class Console {
  constructor(browser, request, tell) {
    Object.assign(this, { browser, ...request, tell, sessions: new Map() });
  }

  // open gives a page of a fresh browser, signed in as a role ("": nobody), each
  // once; what goes wrong in it is told under the name.
  async open(name, role, options) {
    const context = await this.browser.newContext({ baseURL: this.url, storageState: this.sessions.get(role), ...options });
    context.setDefaultTimeout(this.patience);
    const page = await context.newPage();
    if (role && !this.sessions.has(role)) {
      await this.signIn(page, role);
      this.sessions.set(role, await context.storageState());
    }
    this.watch(page, name);
    return page;
  }

  async signIn(page, role) {
    await page.goto("/sign-in");
    await page.fill("#name", this.users[role]);
    await page.fill("#password", this.password);
    await page.click("main button");
    await page.waitForSelector("form.user");
  }

  // watch tells of errors in a page's script, of what its policy forbids, of
  // dialogs that nobody asked for, and of files that are not there.
  watch(page, name) {
    const tell = (text) => this.tell(`${name} ${new URL(page.url()).pathname}`, text);
    page.on("console", (message) => {
      const own = message.text().startsWith("Failed to load resource") && message.location().url === page.url(); // its status is looked at elsewhere
      if (message.type() === "error" && !own) tell(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => tell(`script: ${error.message}`));
    page.on("dialog", async (dialog) => {
      tell(`a dialog opened: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on("requestfailed", (request) => {
      const why = request.failure().errorText;
      if (why !== "net::ERR_ABORTED") tell(`${request.url()}: ${why}`); // aborted: the page went on
    });
  }
}

async function main() {
  const request = JSON.parse(fs.readFileSync(0, "utf8"));
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "sen-browser-"));
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args, env: { ...process.env, HOME: home } });
  const tell = (name, text) => process.stdout.write(JSON.stringify({ name, text }) + "\n");
  try {
    await work[request.what](new Console(browser, request, tell));
  } finally {
    await browser.close();
    fs.rmSync(home, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
