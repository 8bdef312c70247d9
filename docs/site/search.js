"use strict";
// Search in the index beside the pages: every word must be there, words in headings count more. Nothing is asked of any server.
const box = document.getElementById("query");
const found = document.getElementById("found");
const MOST = 20;

function score(entry, words) {
  const [, title, , heading, text] = entry;
  const inTitle = title.toLowerCase(), inHeading = heading.toLowerCase(), inText = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const here = (inTitle.includes(word) ? 6 : 0) + (inHeading.includes(word) ? 12 : 0) + (inText.includes(word) ? 1 : 0);
    if (!here) return 0;
    sum += here + (inHeading.split(/\W+/).includes(word) ? 6 : 0);
  }
  return sum;
}

function around(text, word) {
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
  return (at ? "… " : "") + text.slice(at, at + 180);
}

function show() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = !words.length;
  found.replaceChildren();
  if (!words.length) return;
  const hits = window.searchIndex.map((entry) => [score(entry, words), entry]).filter((hit) => hit[0]);
  hits.sort((one, other) => other[0] - one[0]);
  const list = document.createElement("ol");
  for (const [, [name, title, anchor, heading, text]] of hits.slice(0, MOST)) {
    const item = document.createElement("li"), link = document.createElement("a"), said = document.createElement("p");
    link.href = name + ".html" + (anchor ? "#" + anchor : "");
    link.textContent = heading && heading !== title ? title + ": " + heading : title;
    said.textContent = around(text, words[0]);
    item.append(link, said);
    list.append(item);
  }
  const count = document.createElement("p");
  count.textContent = hits.length ? hits.length + " found" : "nothing found";
  found.append(count, list);
}

// On a narrow screen the list of pages is folded.
if (window.matchMedia("(max-width: 56rem)").matches) document.querySelector("nav.pages details").open = false;
box.addEventListener("input", show);
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { box.value = ""; show(); }
  if (event.key === "Enter") { const first = found.querySelector("a"); if (first) first.click(); }
});
