// Repeats a task: quickly while it works and the page is looked at, ever more slowly while it fails, not while hidden.

const LONGEST_MS = 60_000;

export class Poller {
  /**
   * @param {() => Promise<boolean>} task resolves to whether it succeeded; never rejects
   * @param {number} everyMs
   */
  constructor(task, everyMs) {
    this.task = task;
    this.everyMs = everyMs;
    this.delayMs = everyMs;
    this.timer = 0;
    this.running = false;
    this.again = false;
    document.addEventListener("visibilitychange", () => this.#wake());
    window.addEventListener("online", () => this.#wake());
  }

  /** Runs the task now; when it is under way, once more right after it. */
  async now() {
    window.clearTimeout(this.timer);
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    const succeeded = await this.task();
    this.running = false;
    this.delayMs = succeeded ? this.everyMs : Math.min(this.delayMs * 2, LONGEST_MS);
    if (this.again) {
      this.again = false;
      await this.now();
    } else if (!document.hidden) {
      this.timer = window.setTimeout(() => this.now(), this.delayMs);
    }
  }

  #wake() {
    window.clearTimeout(this.timer);
    if (!document.hidden) this.now();
  }
}
