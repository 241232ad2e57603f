// What the page does when it is used: tables are sorted by the heads of their columns. Without it, everything is there.

enum PageScript {
  /// Heads become buttons here, so that there are none where no script runs. A click sorts by rising values, the next by
  /// falling ones, the third restores the order of the page. Cells without a value stay last.
  static let text = """
    "use strict";
    const collator = new Intl.Collator(undefined, { numeric: true });
    const status = document.createElement("p");
    status.className = "hidden";
    status.setAttribute("role", "status");
    document.querySelector("main").append(status);
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const body = table.tBodies[0];
      const rows = [...body.rows];
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        const title = head.textContent;
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        const value = (row) => {
          const cell = row.cells[column];
          if (!head.classList.contains("number")) return cell.textContent;
          return cell.dataset.v === undefined ? NaN : Number(cell.dataset.v);
        };
        button.addEventListener("click", () => {
          const before = head.getAttribute("aria-sort");
          const order = before === null ? "ascending" : before === "ascending" ? "descending" : null;
          for (const other of heads) other.removeAttribute("aria-sort");
          const sorted = [...rows];
          if (order) {
            head.setAttribute("aria-sort", order);
            const sign = order === "ascending" ? 1 : -1;
            sorted.sort((one, other) => {
              const [a, b] = [value(one), value(other)];
              if (typeof a === "string") return sign * collator.compare(a, b);
              if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
              return sign * (a - b);
            });
          }
          body.append(...sorted);
          status.textContent = order ? `Sorted by ${title}, ${order}.` : "In the order of the page.";
        });
      });
    }
    """

  /// What the page's policy lets run: this script and no other. The tests compute it anew; it changes with the text.
  static let hash = "sha256-kA4+VMyFiThY8mxwXunqVXvb8GtgV8jrfzisdqcEH4M="
}
