// The stream of what happens on the server, reconnected for as long as the page is open.

import { BASE } from "./base.js";

const RETRY_MS = [300, 700, 1500, 3000, 5000];

/**
 * Server-Sent Events with a catch-up.
 *
 * After each "hello" `synchronise` reads the present state; events that arrive meanwhile wait until it is done, so an older
 * answer never overwrites a newer event. A server that restarted and forgot its events is therefore no special case.
 */
export class EventStream {
  constructor({ synchronise, receive, onconnection }) {
    Object.assign(this, { synchronise, receive, onconnection });
    this.failures = 0;
    addEventListener("online", () => this.source || this.open());
  }

  open() {
    clearTimeout(this.timer);
    const source = new EventSource(`${BASE}/local/events`);
    let waiting = [];
    this.source = source;
    source.onmessage = async ({ data }) => {
      const event = JSON.parse(data);
      if (event.kind !== "hello") {
        if (waiting) waiting.push(event);
        else this.receive(event);
        return;
      }
      try {
        await this.synchronise();
      } catch {
        this.retry(source);
        return;
      }
      if (this.source !== source) return;
      const late = waiting;
      waiting = null;
      this.failures = 0;
      this.onconnection(true);
      late.forEach((each) => this.receive(each));
    };
    source.onerror = () => this.retry(source);
  }

  retry(source) {
    if (this.source !== source) return;
    source.close();
    this.source = null;
    this.onconnection(false);
    this.timer = setTimeout(() => this.open(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
  }
}
