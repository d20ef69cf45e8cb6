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
  // In a table a player is but a button: half a second needs no time line.
  for (const audio of document.querySelectorAll(".listening audio")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "play";
    button.setAttribute("aria-label", `Play ${audio.getAttribute("aria-label")}`);
    button.addEventListener("click", () => {
      if (audio.paused) {
        audio.currentTime = 0;
        audio.play();
      } else {
        audio.pause();
      }
    });
    for (const change of ["play", "pause", "ended"]) {
      audio.addEventListener(change, () => button.setAttribute("aria-pressed", !audio.paused));
    }
    audio.controls = false;
    audio.before(button);
  }
  const playAlone = (event) => {
    for (const audio of document.querySelectorAll("audio")) {
      if (audio !== event.target) audio.pause();
    }
  };
  document.addEventListener("play", playAlone, true);
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
