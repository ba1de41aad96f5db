// What somebody who looks at a page would find, and axe-core does not: read from what is drawn.
// An object whose methods looks.py calls, once the page has loaded.
({
  TARGETS:
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], " +
    "[tabindex]:not([tabindex='-1'])",
  LEAST_PX: 24, // WCAG 2.2, 2.5.8: the least height and width of what is pressed
  APART_PX: 8, // how far from its element a focus ring may be drawn

  // Say which element is meant, as somebody would who points at it.
  named(element) {
    const said = (element.innerText || element.getAttribute("aria-label") || element.name || "")
      .trim().replace(/\s+/g, " ").slice(0, 40);
    return element.tagName.toLowerCase() + (said && ` «${said}»`);
  },

  seen(element) {
    const box = element.getBoundingClientRect();
    return (
      element.checkVisibility({ visibilityProperty: true }) &&
      box.width > 1 && box.height > 1 && box.right > 0 && box.bottom > -scrollY
    );
  },

  open() {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  },

  // How much wider the page is than the window.
  over() {
    return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
  },

  targets() {
    const all = [...document.querySelectorAll(this.TARGETS)];
    return all.filter((one) => !one.disabled && this.seen(one));
  },

  // What is pressed and is too small for a finger. A link within a sentence is as high as its line.
  small() {
    return this.targets()
      .filter((one) => !this.inSentence(one))
      .map((one) => [one, this.pressed(one)])
      .filter(([, box]) => box.width < this.LEAST_PX || box.height < this.LEAST_PX)
      .map(([one, box]) => `${this.named(one)} ${Math.round(box.width)}x${Math.round(box.height)}`);
  },

  inSentence(one) {
    const around = one.parentElement.textContent.trim().length;
    return getComputedStyle(one).display === "inline" && around > one.textContent.trim().length;
  },

  // A label presses its box too.
  pressed(one) {
    const boxes = [one, ...(one.labels || [])].map((each) => each.getBoundingClientRect());
    const [left, top] = [Math.min(...boxes.map((b) => b.left)), Math.min(...boxes.map((b) => b.top))];
    return {
      width: Math.max(...boxes.map((b) => b.right)) - left,
      height: Math.max(...boxes.map((b) => b.bottom)) - top,
    };
  },

  // Words that cannot be read: cut off by a box, outside of their own, or broken in two lines.
  cut() {
    const faults = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      const holder = text.parentElement;
      if (holder.closest("script, style, noscript, option") || !this.seen(holder)) continue;
      if (this.hidden(holder)) continue;
      for (const word of text.data.matchAll(/\S+/g)) {
        const fault = this.cutWord(text, word, holder);
        if (fault) faults.add(`${fault}: ${word[0].slice(0, 40)}`);
      }
    }
    return [...faults];
  },

  // For those who listen only: in a box of a pixel that cuts off all the rest.
  hidden(element) {
    for (let each = element; each; each = each.parentElement) {
      const small = each.clientWidth <= 1 || each.clientHeight <= 1;
      if (small && /hidden|clip/.test(getComputedStyle(each).overflowX)) return true;
    }
    return false;
  },

  cutWord(text, word, holder) {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const lines = [...range.getClientRects()].filter((box) => box.width > 0);
    if (!lines.length) return null;
    const plain = /^[\p{L}\p{M}'’(«“"]+[.,;:!?)»”"]*$/u.test(word[0]);
    const hyphens = getComputedStyle(holder).hyphens === "auto";
    // What somebody else has typed may be one word as long as a line.
    const endless = word[0].length > 30 && holder.closest("bdi");
    if (plain && !hyphens && !endless && lines.some((box) => box.top >= lines[0].bottom)) return "broken";
    return this.outside(range.getBoundingClientRect(), holder);
  },

  // Walk from the word outwards until a box that scrolls: what is beyond can be scrolled to.
  outside(word, holder) {
    let own = true;
    for (let each = holder; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.display === "inline" || style.display === "contents") continue;
      const box = each.getBoundingClientRect();
      const [left, top] = [box.left + each.clientLeft, box.top + each.clientTop];
      const [right, bottom] = [left + each.clientWidth, top + each.clientHeight];
      const [across, down] = [style.overflowX, style.overflowY];
      if (/auto|scroll/.test(across + down) && each !== document.body) return null;
      const beside = word.right > right + 1 || word.left < left - 1;
      if (beside && /hidden|clip/.test(across)) return "cut off";
      if (beside && own) return "outside of its box";
      if ((word.bottom > bottom + 1 || word.top < top - 1) && /hidden|clip/.test(down)) return "cut off";
      own = false;
    }
    return null;
  },

  // --- The keyboard -------------------------------------------------------------------------

  start() {
    this.met = new Set();
    this.kinds = new Map();
    document.activeElement.blur();
    scrollTo(0, 0);
  },

  // Where the keyboard is now: null when it has left the page. `new` is told once of each element,
  // `alike` is how many of its kind came before it.
  stop() {
    const at = document.activeElement;
    if (!at || at === document.body || at === document.documentElement) return null;
    for (const moving of document.getAnimations()) moving.finish();
    const kind = [at.tagName, at.type, at.className, at.parentElement.tagName].join();
    const alike = this.kinds.get(kind) ?? 0;
    const fresh = !this.met.has(at);
    this.met.add(at);
    if (fresh) this.kinds.set(kind, alike + 1);
    const box = at.getBoundingClientRect();
    const [left, top] = [Math.max(0, box.left - this.APART_PX), Math.max(0, box.top - this.APART_PX)];
    const clip = {
      x: left + scrollX,
      y: top + scrollY,
      width: Math.min(innerWidth, box.right + this.APART_PX) - left,
      height: Math.min(innerHeight, box.bottom + this.APART_PX) - top,
      scale: 1,
    };
    return { name: this.named(at), new: fresh, alike, clip, around_px: box.width + box.height };
  },

  blur() {
    document.activeElement.blur();
    for (const moving of document.getAnimations()) moving.finish();
  },

  // What can be pressed, and the keyboard did not come to. Of radio buttons it comes to one.
  unmet() {
    const groups = new Set([...this.met].filter((one) => one.type === "radio").map((one) => one.name));
    return this.targets()
      .filter((one) => !this.met.has(one) && !(one.type === "radio" && groups.has(one.name)))
      .map((one) => this.named(one));
  },
})
