// Repeats a task: at its pace while it works and the page is looked at, more slowly while it fails, not while hidden.

/** While it fails: long enough to spare a server in trouble, short enough for a reader who waits. */
const LONGEST_MS = 15_000;
/**
 * Hints may come by the dozen. Each is followed at once as long as they are few; because of many the task runs twice in
 * a second: a run costs PACE_MS, up to AHEAD_MS may be spent ahead, and no run begins sooner than GAP_MS after another.
 */
const PACE_MS = 500;
const AHEAD_MS = 2000;
const GAP_MS = 50;
const SPREAD_MS = 500;

export class Poller {
  /**
   * @param {() => Promise<boolean>} task resolves to whether it succeeded
   * @param {number} everyMs
   */
  constructor(task, everyMs) {
    this.task = task;
    this.everyMs = everyMs;
    this.delayMs = everyMs;
    this.timer = 0;
    this.due = Infinity;
    this.started = -Infinity;
    /** Up to when, by performance.now(), runs are paid for. */
    this.spent = 0;
    this.running = false;
    this.again = "";
    document.addEventListener("visibilitychange", () => this.#wake());
    window.addEventListener("online", () => this.#wake());
  }

  /** Runs the task now; when it is under way, once more right after it. */
  async now() {
    window.clearTimeout(this.timer);
    if (this.running) {
      this.again = "now";
      return;
    }
    this.running = true;
    this.started = performance.now();
    this.spent = Math.max(this.spent, this.started) + PACE_MS;
    const succeeded = await this.#run();
    this.running = false;
    this.due = Infinity;
    this.delayMs = succeeded ? this.everyMs : Math.min(Math.max(this.delayMs, PACE_MS) * 2, LONGEST_MS);
    const again = this.again;
    this.again = "";
    if (again === "now") await this.now();
    else if (again === "soon") this.soon();
    else this.#schedule(this.delayMs);
  }

  /** A task that rejects, as none should, is told to the console and goes on like one that failed. */
  async #run() {
    try {
      return await this.task();
    } catch (error) {
      reportError(error);
      return false;
    }
  }

  /** There is news: runs the task as soon as it may run again. */
  soon() {
    if (this.running) this.again ||= "soon";
    else this.#schedule(Math.max(0, Math.max(this.started + GAP_MS, this.spent - AHEAD_MS) - performance.now()));
  }

  /**
   * A slower pace begins when the task is due; for a quicker one it runs within half a second, not in all browsers at once,
   * since whatever made it quicker (the server has no news for anybody) is the same for all.
   * @param {number} everyMs from now on
   */
  pace(everyMs) {
    const quicker = everyMs < this.everyMs;
    this.everyMs = this.delayMs = everyMs;
    if (!quicker) return;
    if (this.running) this.again ||= "soon";
    else this.#schedule(Math.random() * SPREAD_MS);
  }

  /**
   * Never later than it is due already.
   * @param {number} delayMs
   */
  #schedule(delayMs) {
    if (document.hidden) return;
    const due = performance.now() + delayMs;
    if (due >= this.due) return;
    window.clearTimeout(this.timer);
    this.due = due;
    this.timer = window.setTimeout(() => this.now(), delayMs);
  }

  #wake() {
    window.clearTimeout(this.timer);
    this.due = Infinity;
    if (!document.hidden) this.now();
  }
}
