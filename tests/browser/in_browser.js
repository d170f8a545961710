// What the tests ask of an open JupyterLite; Chromium and Firefox get the same text. Everything waits for a state.

window.lab = (() => {
  const app = () => window.jupyterapp;

  const broken = new Promise((_, refuse) => {
    addEventListener("error", ({ error }) => error && refuse(error)); // without one, what only the console is told
    addEventListener("unhandledrejection", ({ reason }) => refuse(reason));
    new BroadcastChannel("alembic-course").onmessage = ({ data }) =>
      data.stage === "broken" && refuse(new Error("the kernel cannot start"));
  });
  broken.catch(() => {}); // to be seen by whoever waits

  async function until(state) {
    for (;;) {
      const found = await state();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The notebook that is open under this path; its kernel is there and idle. */
  async function notebook(path) {
    const panel = await until(
      () => app() && [...app().shell.widgets("main")].find((widget) => widget.content?.model?.cells && widget.context.path === path)
    );
    await panel.context.ready;
    await until(() => panel.sessionContext.session?.kernel?.status === "idle");
    return panel;
  }

  return {
    /** What `verb` answers; an error, naming it, if a state that it waits for is not reached in time, and the page's own
     * as soon as it has one. */
    ask([verb, seconds, ...words]) {
      const limit = new Promise((_, refuse) => {
        setTimeout(() => refuse(new Error(`${verb}(${words}): not in ${seconds} s`)), seconds * 1000);
      });
      return Promise.race([broken, lab[verb](...words), limit]);
    },

    /** How many code cells a notebook has. */
    async opened(path) {
      return codeCells(await notebook(path)).length;
    },

    /** Run a code cell as Shift+Enter does. */
    async run(path, number) {
      const panel = await notebook(path);
      const cell = codeCells(panel)[number];
      app().shell.activateById(panel.id);
      panel.content.activeCellIndex = panel.content.widgets.indexOf(cell);
      panel.content.deselectAll();
      await app().commands.execute("notebook:run-cell");
      await until(() => panel.sessionContext.session?.kernel?.status === "idle");
      return { source: cell.model.sharedModel.getSource(), outputs: cell.model.outputs.toJSON() };
    },

    /** Run code in a notebook's kernel, in no cell of it; what it printed or showed, and its error if it ended in one. */
    async execute(path, code) {
      const future = (await notebook(path)).sessionContext.session.kernel.requestExecute({ code, store_history: true });
      let text = "";
      future.onIOPub = ({ content }) => (text += content.text ?? content.data?.["text/plain"] ?? "");
      const { content } = await future.done;
      return { text, error: content.status === "ok" ? null : `${content.ename}: ${content.evalue}` };
    },

    /** Open another notebook or file in the same window, as the file browser does. */
    async open(path) {
      await app().commands.execute("docmanager:open", { path });
    },

    /** The text of a file that JupyterLab has in its storage, null if there is none. */
    async stored(path) {
      const found = await app().serviceManager.contents.get(path, { content: true }).catch(() => null);
      return found && (typeof found.content === "string" ? found.content : JSON.stringify(found.content));
    },

    /** The same as soon as it contains `part`. */
    async kept(path, part = "") {
      return until(async () => {
        const text = await lab.stored(path);
        return text?.includes(part) && text;
      });
    },

    /** Return as soon as code prints what contains `part`. */
    async printed(path, code, part) {
      return until(async () => {
        const { text, error } = await lab.execute(path, code);
        if (error) throw new Error(error);
        return text.includes(part) && text;
      });
    },

    /** Change a file in JupyterLab's editor and save it there. */
    async edit(path, text) {
      const { context } = await app().commands.execute("docmanager:open", { path, factory: "Editor" });
      await context.ready;
      context.model.fromString(text);
      await context.save();
    },

    /** Return as soon as an open editor shows `part`. */
    async shown(path, part) {
      return until(() =>
        [...app().shell.widgets("main")].some(
          ({ context }) => context?.path === path && context.model.toString().includes(part)
        )
      );
    },

    /** Rename a file or a folder as the file browser does. */
    async rename(path, to) {
      await app().serviceManager.contents.rename(path, to);
    },

    /** Delete a file as the file browser does. */
    async delete(path) {
      await app().serviceManager.contents.delete(path);
    },
  };

  function codeCells(panel) {
    return panel.content.widgets.filter(({ model }) => model.type === "code");
  }
})();
