"""Do it: DATABASE_URL alone names the database, without it no command goes on, and no file has a password."""

import os
import re
from pathlib import Path
from unittest.mock import patch

from ...opening import edit
from ..checks import NotYet, opens
from ..servers import databases_of, refuses

MAY_CHANGE = {"files": ["migrations/env.py", "alembic.ini"]}
PASSWORDS = "Wint3r-23|Spr1ng-24"
SECTION = "\n[{}]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\nsqlalchemy.url = {}\n"
ANOTHER = SECTION.format("elsewhere", "sqlite:///elsewhere.db")
OTHER_WAYS = "-n elsewhere current", "-x url=sqlite:///elsewhere.db current"


def set_up():
    edit("alembic.ini", "sqlite:///%(here)s/data.db", "postgresql+psycopg://blog:Spr1ng-24@stage.example.com/blog")
    with open("alembic.ini", "a", encoding="utf-8") as file:
        file.write(SECTION.format("prod", "postgresql+psycopg://blog:Wint3r-23@db.example.com/blog"))
    by_hand = 'context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")'
    edit("migrations/env.py", 'os.environ.get("DATABASE_URL")\nif', f"{by_hand}\nif")
    refusal = 'elif os.environ.get("APP_ENV") == "production":\n    raise CommandError("set DATABASE_URL")\n'
    edit("migrations/env.py", refusal, "")


def check(work):
    for path in [path for path in Path().rglob("*.*") if path.suffix in (".ini", ".py", ".toml")]:
        if re.search(PASSWORDS, work.text(path)):
            raise NotYet("password_left", file=path.as_posix())
    opens(work, work.database.name)
    Path("alembic.ini").write_text(work.text("alembic.ini") + ANOTHER, encoding="utf-8")
    for command in OTHER_WAYS:
        if set(databases_of(work, command)) - {work.database.name}:
            raise NotYet("second_way", command=command)
    encoded = work.database.name.replace("_", "%5F")
    with patch.dict(os.environ, DATABASE_URL=f"{os.environ['DATABASE_URL']}?dbname={encoded}"):
        if databases_of(work, "current") != [work.database.name]:
            raise NotYet("percent_stops")
    for key, variables in (("goes_on", {}), ("goes_on_empty", {"DATABASE_URL": ""})):
        for command in ("current", "upgrade head", "upgrade head --sql", *OTHER_WAYS):
            refuses(work, command, key, **variables)
