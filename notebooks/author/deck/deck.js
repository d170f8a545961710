// Each screen's letters as large as it allows, from 34 pixels down to 20 on a canvas of 1280 x 720.
function fitted(sections) {
  document.body.classList.add("measured");
  let left = [...sections];
  for (let size = 34; size >= 20 && left.length; size -= 2) {
    left.forEach((section) => (section.style.fontSize = size + "px"));
    left = left.filter(overflows);
  }
  document.body.classList.remove("measured");
}

function overflows(section) {
  const pieces = [...section.querySelectorAll("pre, table, svg, .line")];
  const edge = section.getBoundingClientRect().left + 1262;
  return (
    section.scrollHeight > 720 ||
    pieces.some((one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > edge)
  );
}

fitted(document.querySelectorAll(".slides > section > section"));
Reveal.initialize({
  width: 1280, height: 720, margin: 0.03, center: false, hash: true, controls: false, slideNumber: "c/t",
  transition: "none", pdfSeparateFragments: false, plugins: [RevealNotes],
});
