// What every page of this folder does with an order: keeps it in the browser, shows it again.
"use strict";
const kept = () => JSON.parse(localStorage.getItem("orders") || "[]");
function keep(order) {
  const orders = kept();
  order.confirmation = `T-${orders.length + 1}`;
  localStorage.setItem("orders", JSON.stringify([...orders, order]));
  document.body.innerHTML = `<p>Receipt no.: ${order.confirmation}</p>`;
}
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
function row(cells, kind = "td") {
  const made = document.createElement("tr");
  made.append(...cells.map(text => element(kind, text)));
  return made;
}
function total(lines) {
  return lines.reduce((sum, line) => sum + line.quantity * line.price, 0).toFixed(2);
}
