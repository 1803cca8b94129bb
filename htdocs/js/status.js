// The status page: how a merchant's figures stand, in words first, and what changed them afterwards.

import { Api } from "./api.js";
import { pageAddress, openPage } from "./header.js";
import { installKeys } from "./keys.js";
import { showPageTrouble, tellPage } from "./panel.js";
import { Poller } from "./poll.js";
import { troubleOf } from "./problem_text.js";
import { goToLogin } from "./session.js";
import { LateEntries } from "./status/late.js";
import { ParkedHours } from "./status/parked.js";
import { Quarantine } from "./status/quarantine.js";
import { Standing } from "./status/standing.js";
import { clockText } from "./zone.js";

/** @typedef {import("./session.js").Merchant} Merchant */
/** @typedef {import("./status/words.js").Status} Status */

const POLL_MS = 3000;

class StatusPage {
  /**
   * @param {Api} api
   * @param {Merchant} merchant
   */
  constructor(api, merchant) {
    this.api = api;
    this.merchant = merchant;
    const retry = () => void this.poller.now();
    this.standing = new Standing(merchant.timezone, retry);
    this.parked = new ParkedHours(merchant, retry);
    this.quarantine = new Quarantine(api, merchant, retry);
    this.late = new LateEntries(api, merchant);
    this.panels = [this.standing, this.parked, this.quarantine, this.late.list].map(({ panel }) => panel);
    /** When the status was last told, epoch ms; 0: never. */
    this.told = 0;
    this.poller = new Poller(() => this.#refresh(), POLL_MS);
    document.title = `Status of ${merchant.name} · Takings`;
  }

  open() {
    for (const panel of this.panels) panel.loading();
    void this.poller.now();
  }

  /** @returns {Promise<boolean>} */
  async #refresh() {
    try {
      const { body } = await this.api.get(`/v1/merchants/${this.merchant.id}/status`);
      this.#render(body.data);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /**
   * What is on show stays, and every panel says how old it is.
   * @param {unknown} error
   */
  #failed(error) {
    const since = this.told === 0 ? "" : ` since ${clockText(this.told, this.merchant.timezone)}`;
    const words = `Not refreshed${since}: ${troubleOf(error).title}. Takings tries again by itself.`;
    for (const panel of this.panels) {
      panel.failed(error);
      panel.note("stale", panel.root.dataset.state === "failed" ? "" : words);
    }
  }

  /**
   * The lists are asked for when their counts say that there is something new.
   * @param {Status} status
   */
  #render(status) {
    this.standing.render(status);
    this.parked.render(status);
    this.quarantine.render(status);
    void this.late.list.follow(status.late_entries);
    this.told = Date.now();
  }
}

async function main() {
  const api = new Api(goToLogin);
  const merchant = await openPage(api, (id) => location.assign(pageAddress("/status.html", id)));
  if (!merchant) return;
  history.replaceState(null, "", pageAddress("/status.html", merchant.id));
  installKeys([]);
  if (merchant.role === "clerk") {
    tellPage("Your role does not allow this", "Clerks record and read orders; how the figures stand is for owners and analysts.");
    return;
  }
  new StatusPage(api, merchant).open();
}

main().catch((error) => showPageTrouble(error, () => location.reload()));
