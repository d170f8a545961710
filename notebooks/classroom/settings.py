"""The one place that knows the paths, ports, names and secrets of a class. Standard library only."""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path("/srv/alembic-class")
LANGUAGES = ("uk", "ru")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that is taken for another when read from a wall


def new_code(length=6):
    """A word to type from a wall or from paper.

    Args:
        length: how many characters.

    Returns:
        The word, of small letters and digits that look unlike each other.
    """
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def write_whole(path, text, mode=0o600):
    """Write a file so that a reader, or a machine that loses its power, meets the old text or the new one.

    Args:
        path: the file.
        text: what it is to hold.
        mode: its permissions.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)  # whatever the umask
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _secret():
    return secrets.token_hex(32)


@dataclass
class Settings:
    """A class: what class.json keeps (the fields) and what follows from it (the properties)."""

    folder: Path
    language: str = LANGUAGES[0]  # of a place that nobody has taken yet, and preselected on the page of entrance
    spoken: str = ""  # by the teacher's command, if the teacher has chosen
    port: int = 8000
    places: int = 30  # made and started before the lesson
    limit: int = 60  # further ones are made on arrival, up to so many
    prefix: str = "cl-"  # of the Linux accounts and of the hub's names
    certificate: str = ""
    key: str = ""
    code: str = field(default_factory=new_code)
    teacher: str = ""  # the teacher's password, by passwords.hashed()
    proxy_token: str = field(default_factory=_secret)
    command_token: str = field(default_factory=_secret)  # hub's API, for this command (hub service "command")
    board_token: str = field(default_factory=_secret)  # hub's API, for the teacher's page (hub service "board")

    @classmethod
    def load(cls, folder=None):
        """The class that lives in a folder.

        Args:
            folder: the folder; without it, the one that the environment variable ALEMBIC_CLASS names.

        Returns:
            Its settings.

        Raises:
            FileNotFoundError: no class was made there.
            ValueError: class.json is damaged.
        """
        folder = Path(folder or os.environ["ALEMBIC_CLASS"])
        return cls(folder, **json.loads((folder / "class.json").read_text(encoding="utf-8")))

    def save(self):
        """Keep the settings in class.json, which only root reads."""
        kept = asdict(self)
        del kept["folder"]
        write_whole(self.folder / "class.json", json.dumps(kept, indent=2, ensure_ascii=False) + "\n")

    # Ports. The first is the only one that others reach; the rest are the machine's own (127.0.0.1).

    def inner_port(self, number):
        """A port below 1024, where no learner's program can wait for a service to end and take its place.

        Args:
            number: 1 to 3.

        Returns:
            The port; it follows from the first one, so that two classes on a machine have their own.
        """
        return 700 + 3 * (self.port % 100) + number - 1

    @property
    def proxy_port(self):
        """Where the proxy takes its orders."""
        return self.inner_port(1)

    @property
    def hub_port(self):
        """Where the hub listens to the proxy and to the learners' servers."""
        return self.inner_port(2)

    @property
    def board_port(self):
        """Where the teacher's page listens to the proxy."""
        return self.inner_port(3)

    @property
    def proxy_api(self):
        """The proxy's own address for the hub."""
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def hub_api(self):
        """The hub's API, from this machine."""
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    @property
    def board_url(self):
        """Where the proxy finds the teacher's page."""
        return f"http://127.0.0.1:{self.board_port}"

    @property
    def scheme(self):
        """How browsers come: https with a certificate, else http."""
        return "https" if self.certificate else "http"

    # Folders.

    @property
    def hub_python(self):
        """The Python of the hub's environment."""
        return self.folder / "env" / "hub" / "bin" / "python"

    @property
    def course_python(self):
        """The Python of the learners' environment, which has jupyterhub too."""
        return self.folder / "env" / "course" / "bin" / "python"

    @property
    def proxy_program(self):
        """The proxy, for node to run."""
        modules = self.folder / "env" / "proxy" / "node_modules"
        return modules / "configurable-http-proxy" / "bin" / "configurable-http-proxy"

    @property
    def course(self):
        """The course that is delivered: root's copy, read by all. The services run from its notebooks/classroom."""
        return self.folder / "course"

    @property
    def homes(self):
        """Where the homes of the places are (0711: a learner cannot list it)."""
        return self.folder / "homes"

    @property
    def hub(self):
        """The hub's state: database, cookie secret, people.json (0700)."""
        return self.folder / "hub"

    @property
    def people(self):
        """Who sits where."""
        return self.hub / "people.json"

    @property
    def board(self):
        """The state of the teacher's page; belongs to its account."""
        return self.folder / "board"

    @property
    def logs(self):
        """What the services say (0700)."""
        return self.folder / "logs"

    @property
    def run(self):
        """Which processes are ours (0700)."""
        return self.folder / "run"

    # Names.

    def place(self, number):
        """The name of a place: a Linux account and a name in the hub.

        Args:
            number: from 1 on.

        Returns:
            For example "cl-07".
        """
        return f"{self.prefix}{number:02}"

    def is_place(self, name):
        """Whether a name is that of a learner's place.

        Args:
            name: any text.

        Returns:
            True for "cl-07", False for "cl-teacher" or "root".
        """
        return re.fullmatch(re.escape(self.prefix) + r"\d{2,3}", name) is not None

    @property
    def teacher_account(self):
        """The Linux account of the hub's user `teacher`."""
        return f"{self.prefix}teacher"

    @property
    def proxy_account(self):
        """The Linux account that the proxy runs as."""
        return f"{self.prefix}proxy"

    @property
    def tls(self):
        """Copies of certificate and key that the proxy's account may read."""
        return self.folder / "tls"

    @property
    def board_account(self):
        """The Linux account that the teacher's page runs as."""
        return f"{self.prefix}board"
