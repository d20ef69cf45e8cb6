"use strict";
(() => {
  const form = document.getElementById("filters");
  if (form) {
    const paper = document.getElementById("filter-paper");
    const verdict = document.getElementById("filter-verdict");
    const shown = document.getElementById("shown");
    const rows = [...document.querySelectorAll("#claims-table tbody tr")];
    const filter = () => {
      let count = 0;
      for (const row of rows) {
        row.hidden =
          (paper.value !== "" && row.dataset.paper !== paper.value) ||
          (verdict.value !== "" && row.dataset.verdict !== verdict.value);
        count += row.hidden ? 0 : 1;
      }
      shown.value = `${count} of ${rows.length} claims`;
    };
    form.addEventListener("change", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    filter(); // browsers restore the choices of the last visit
  }
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
