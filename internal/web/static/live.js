// Keeps what is under way up to date: an element with data-live="URL" is
// replaced by what the server sends (text/event-stream); without this script
// the page shows the same when it is asked for again.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(part.dataset.live);
  source.onmessage = (event) => {
    const fresh = new DOMParser().parseFromString(event.data, "text/html");
    part.replaceChildren(...fresh.body.childNodes);
  };
  source.addEventListener("end", () => source.close());
}
