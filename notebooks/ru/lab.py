"""JupyterLab as the course opens it, in Russian: jupyter lab --config notebooks/ru/lab.py

.lab/overrides.json sets the language of the menus and turns the news off; page_config.json spares the question whether
JupyterLab has to be built anew, half a second of work whenever it is opened. The reader's own JupyterLab is neither
read nor changed: settings and open tabs are kept in work/.lab.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

c = get_config()  # noqa: F821 (Jupyter gives it to every configuration file)
c.ServerApp.root_dir = str(HERE.parents[1])
c.LabApp.default_url = f"/lab/tree/notebooks/{HERE.name}/00_start.ipynb"
c.LabApp.app_settings_dir = str(HERE / ".lab")
c.LabApp.user_settings_dir = str(HERE / "work" / ".lab" / "settings")
c.LabApp.workspaces_dir = str(HERE / "work" / ".lab" / "workspaces")

# A terminal in JupyterLab finds `alembic` although nobody has activated the environment.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
