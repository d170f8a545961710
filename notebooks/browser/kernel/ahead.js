// Python starts while JupyterLab does: the kernel's worker is made here, at once, and JupyterLite gets it when it comes
// to make its first. (With crossOriginIsolated it would take another kind of worker.)
{
  const Plain = window.Worker;
  const { language } = document.currentScript.dataset;
  const url = new URL(`worker.mjs?language=${language}`, document.currentScript.src);
  const first = crossOriginIsolated ? null : new Plain(url, { type: "module" });
  first?.addEventListener("error", () => (window.Worker = Plain)); // JupyterLite then makes its own
  if (first) {
    window.Worker = function (script, options) {
      if (!/\bcomlink\.worker\b/.test(script)) return new Plain(script, options);
      window.Worker = Plain;
      return first;
    };
  }
}
