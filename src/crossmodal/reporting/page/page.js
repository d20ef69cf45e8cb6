"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  // The claims: a paper, a verdict and words choose rows; counts and figures lead to their claims.
  const form = byId("filters");
  if (form) {
    const [paper, verdict, words] = ["paper", "verdict", "words"].map((name) => byId(`filter-${name}`));
    const shown = byId("shown");
    const rows = [...document.querySelectorAll("#claims-table tbody tr")];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const filter = () => {
      const wanted = words.value.trim().toLowerCase();
      let count = 0;
      for (const row of rows) {
        row.hidden =
          (paper.value !== "" && row.dataset.paper !== paper.value) ||
          (verdict.value !== "" && row.dataset.verdict !== verdict.value) ||
          !texts.get(row).includes(wanted);
        count += row.hidden ? 0 : 1;
      }
      shown.value = `${count} of ${rows.length} claims`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const link of document.querySelectorAll('a[href="#claims"][data-paper]')) {
      link.addEventListener("click", () => {
        paper.value = link.dataset.paper;
        verdict.value = link.dataset.verdict;
        words.value = link.dataset.words ?? "";
        filter();
      });
    }
    form.hidden = false;
    filter(); // browsers restore the choices of the last visit
  }

  // The records behind a number, beside it instead of far below.
  const dialog = byId("runs-dialog");
  if (dialog) {
    const table = byId("runs-table");
    const [head, body] = ["thead", "tbody"].map((name) => dialog.querySelector(name));
    head.replaceChildren(...[...table.tHead.rows].map((row) => row.cloneNode(true)));
    const records = new Map();
    for (const row of table.tBodies[0].rows) {
      records.set(row.dataset.group, [...(records.get(row.dataset.group) ?? []), row]);
    }
    const open = (event) => {
      const link = event.target.closest("a[data-runs]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const found = link.dataset.runs.split(" ").flatMap((group) => records.get(group) ?? []);
      const copies = found.map((row) => row.cloneNode(true));
      for (const copy of copies) copy.removeAttribute("id");
      body.replaceChildren(...copies);
      byId("runs-dialog-what").textContent = link.dataset.what;
      const versions = new Set(found.map((row) => row.dataset.versions));
      const texts = [...versions].map((number) => byId(`versions-${number}`).textContent);
      byId("runs-dialog-versions").textContent = `Versions: ${texts.join("; ")}`;
      dialog.showModal();
    };
    document.addEventListener("click", open);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // the backdrop
    });
  }

  // A place within folded parts is shown when a link leads there.
  const unfold = () => {
    const place = byId(decodeURIComponent(location.hash.slice(1)));
    const folded = place?.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      place.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  // In a table a player is but a button: half a second needs no time line.
  for (const audio of document.querySelectorAll(".listening audio")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "play";
    button.setAttribute("aria-label", `Play ${audio.getAttribute("aria-label")}`);
    button.setAttribute("aria-pressed", "false");
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
