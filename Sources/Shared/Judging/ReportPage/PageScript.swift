// The script of the page, which sorts tables by the heads of their columns. Without it, the page lacks nothing else.

enum PageScript {
  /// The script itself turns the heads into buttons, so a page whose script does not run has no buttons. The first
  /// click sorts in ascending order, the second in descending order, and the third restores the order of the page.
  /// Cells without a value stay last.
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

  /// The hash of the script. The page's policy allows no other script. The hash changes with the text; tests recompute
  /// it.
  static let hash = "sha256-kA4+VMyFiThY8mxwXunqVXvb8GtgV8jrfzisdqcEH4M="
}
