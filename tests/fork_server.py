"""Real `alembic` processes without the wait for their imports: a warm Python forks one for each command.

`warm_alembic` makes a folder for the head of PATH, and in it a command named `alembic`. The shell starts that command
like any other. The command hands its words, folder, environment and open files to the warm Python over a socket, and
ends with the exit code of the fork. So the shell itself still reads the quotes and redirects. This needs os.fork.
"""

import gc
import marshal
import os
import select
import shlex
import socket
import sys

WARM = ("alembic.config", "alembic.command", "alembic.autogenerate", "alembic.op", "logging.config", "mako.template")
WARM += ("runpy", "sqlite3", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql")


def warm_alembic(folder, environment):
    """Yield a folder for the head of PATH; the warm Python ends when the generator is closed.

    Args:
        folder: an empty folder with a short path: systems allow a socket's path about 100 characters.
        environment: what the warm Python starts with. What Python reads only at its start (PYTHONHASHSEED,
            PYTHONUNBUFFERED, PYTHONIOENCODING, PYTHONDONTWRITEBYTECODE) must be in it.
    """
    import subprocess

    address = str(folder / "socket")
    command = folder / "alembic"
    words = shlex.join([sys.executable, "-IS", __file__, "ask", address])
    command.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    server = [sys.executable, __file__, "serve", address]
    with subprocess.Popen(server, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        try:
            yield folder
        finally:
            process.stdin.close()  # tells the warm Python to end


def ask(address, *words):
    """Have a command run by the warm Python and return its exit code. Runs in the command that the shell started."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b"!"], [0, 1, 2])
        connection.sendall(marshal.dumps((words, os.getcwd(), dict(os.environ))))
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(1)[0]


def serve(address):
    """Fork for each request until standard input is closed. Return the request in a fork, None at the end."""
    for module in WARM:
        __import__(module)
    gc.freeze()  # or each fork, as it ends, walks through all that was imported: 0.2 s
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                _, files, _, _ = socket.recv_fds(connection, 1, 3)
                with connection.makefile("rb") as stream:
                    request = marshal.loads(stream.read())
                process = os.fork()
                if not process:
                    return request, files
                for file in files:
                    os.close(file)
                code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                connection.sendall(bytes([code & 0xFF]))


def become_alembic(request, files):
    """Turn this fork into the command: its open files, folder, environment and words, and then alembic's own script."""
    import runpy

    words, folder, environment = request
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    script = os.path.join(os.path.dirname(sys.executable), "alembic")
    sys.argv = [script, *words]
    sys.path[0] = os.path.dirname(script)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        sys.exit(ask(*sys.argv[2:]))
    if asked := serve(sys.argv[2]):
        become_alembic(*asked)
