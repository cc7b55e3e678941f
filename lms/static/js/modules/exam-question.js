// One question of the exam page: what is chosen in its fields, and the fields set to a choice. The choice is as the server keeps it
// (lms/quizzes/rules.py); empty means "not answered".

export class Question {
  constructor(element) {
    this.element = element;
    this.kind = element.dataset.kind;
    this.position = Number(element.dataset.position);
    if (this.kind === "ordering") this.#prepareOrder();
    if (this.kind === "short") element.addEventListener("input", () => this.#count());
  }

  get isTyped() {
    return ["blank", "numeric", "short"].includes(this.kind);
  }

  get choice() {
    if (this.isTyped) {
      const texts = this.#all("input, textarea").map((field) => field.value.trim());
      return texts.some(Boolean) ? texts : [];
    }
    if (this.kind === "matching") {
      const numbers = this.#all("select").map((select) => Number(select.value));
      return numbers.some((number) => number >= 0) ? numbers : [];
    }
    if (this.kind === "ordering") return this.element.dataset.ordered ? this.#items().map((item) => Number(item.dataset.number)) : [];
    return this.#all("input:checked").map((input) => Number(input.value)).sort((a, b) => a - b);
  }

  set choice(choice) {
    if (this.isTyped) this.#all("input, textarea").forEach((field, n) => (field.value = choice[n] ?? ""));
    else if (this.kind === "matching") this.#all("select").forEach((select, n) => (select.value = String(choice[n] ?? -1)));
    else if (this.kind === "ordering") this.#setOrder(choice);
    else this.#all("input").forEach((input) => (input.checked = choice.includes(Number(input.value))));
    if (this.kind === "short") this.#count();
  }

  get isAnswered() {
    return this.choice.length > 0;
  }

  // Begun, but a blank or a pair is still open.
  get isPartial() {
    return this.choice.some((part) => part === "" || part === -1);
  }

  #all(selector) {
    return [...this.element.querySelectorAll(selector)];
  }

  #count() {
    this.element.querySelector("[data-exam-count]").textContent = this.element.querySelector("textarea").value.length;
  }

  // --- ordering: arrows move an item by one place; the first move, or the button below, makes it an answer

  #items() {
    return this.#all(".order-item");
  }

  #prepareOrder() {
    this.#showOrder();
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-order-move]");
      if (button) this.#move(button.closest(".order-item"), Number(button.dataset.orderMove), button);
      else if (event.target.closest("[data-order-confirm]")) this.#answered("顺序已作答");
    });
  }

  #move(item, step, button) {
    const items = this.#items();
    const place = items.indexOf(item) + step;
    if (place < 0 || place >= items.length) return;
    if (step < 0) items[place].before(item);
    else items[place].after(item);
    for (const each of items) each.classList.toggle("is-moved", each === item);
    this.#answered(`${item.querySelector("[data-order-text]").textContent}，现在第 ${place + 1}，共 ${items.length} 项`);
    const other = item.querySelector(`[data-order-move="${-step}"]`);
    (button.disabled ? other : button).focus({ preventScroll: true });
  }

  #answered(words) {
    this.element.dataset.ordered = "1";
    this.#showOrder();
    this.element.querySelector("[data-order-say]").textContent = words;
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #setOrder(choice) {
    const list = this.element.querySelector("[data-order]");
    const byNumber = new Map(this.#items().map((item) => [Number(item.dataset.number), item]));
    if (choice.length) list.append(...choice.map((number) => byNumber.get(number)).filter(Boolean));
    if (choice.length) this.element.dataset.ordered = "1";
    else delete this.element.dataset.ordered;
    this.#showOrder();
  }

  #showOrder() {
    const items = this.#items();
    const isOrdered = Boolean(this.element.dataset.ordered);
    this.element.classList.toggle("is-ordered", isOrdered);
    items.forEach((item, n) => {
      item.querySelector("[data-order-place]").textContent = n + 1;
      item.querySelector('[data-order-move="-1"]').disabled = n === 0;
      item.querySelector('[data-order-move="1"]').disabled = n === items.length - 1;
    });
    const confirm = this.element.querySelector("[data-order-confirm]");
    if (isOrdered && document.activeElement === confirm) this.element.focus({ preventScroll: true });
    confirm.hidden = isOrdered;
    this.element.querySelector("[data-order-hint]").textContent = isOrdered ? "已作答，还可以再调整。" : "用箭头调整，从上到下排好。";
  }
}
