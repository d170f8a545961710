"""A process of its own beside a kernel: runs a PostgreSQL server, and takes it away when the kernel is gone.

It blocks on its standard input, which the system closes when the kernel ends, however it ends. It needs only the
standard library. Its arguments are JSON: {"programs", "folder", "account", "settings", "initdb"}.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HIDDEN = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}


def main():
    given = json.loads(sys.argv[1])
    folder, parent = Path(given["folder"]), os.getppid()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit())
    try:
        bring_up(given, folder)
        print("ready", flush=True)
        wait_for_the_end(parent)
    except OSError as error:
        print(error, flush=True)
    finally:
        run(given, "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def bring_up(given, folder):
    """Make the data folder and start the server in it; OSError with the last line of what it wrote if that fails."""
    run(given, "initdb", "-D", folder / "data", *given["initdb"])
    with open(folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in given["settings"].items())
    run(given, "pg_ctl", "-D", folder / "data", "-l", folder / "server.log", "-w", "start")


def run(given, program, *arguments, check=True):
    command = [str(Path(given["programs"], program)), *map(str, arguments)]
    account = {**given["account"], "extra_groups": []} if given["account"] else {}
    # Output into a file: a server keeps what it inherits open, and reading a pipe to its end would wait for the server
    with open(Path(given["folder"], "output.log"), "w+", encoding="utf-8", errors="replace") as output:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        code = subprocess.run(command, cwd=given["folder"], **quiet, **account, **HIDDEN).returncode
        if code and check:
            output.seek(0)
            lines = [line.strip() for line in output if line.strip()]
            raise OSError(
                next((line for line in lines if "error" in line), lines[-1] if lines else f"{program}: {code}")
            )


def wait_for_the_end(parent):
    """Return when standard input closes, or when the parent is another one: a forked child may hold the pipe open."""
    if os.name == "nt":
        sys.stdin.read()
        return
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], 0.5)[0] and not os.read(0, 1):
            return


if __name__ == "__main__":
    main()
