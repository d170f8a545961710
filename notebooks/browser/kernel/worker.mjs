// The worker of a window's first kernel: JupyterLite's own, with Python's start begun already. ahead.js makes it.

import "JUPYTERLITE"; // the build puts the address here; it must be there before JupyterLite's first message

import(`./start.mjs${self.location.search}`);
