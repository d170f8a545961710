"""Move all rows into the empty database of DATABASE_URL: python move_rows.py sqlite:///data.db"""

import os
import sys

import sqlalchemy as sa

from models import Base

tables = [Base.metadata.tables[name] for name in ("comments", "posts", "users")]


def move(old, new):
    new.execute(sa.text("SET LOCAL TIME ZONE 'UTC'"))  # SQLite keeps times in UTC without saying so
    for table in tables:
        if new.execute(sa.select(table).limit(1)).first():
            sys.exit(f"{table.name} is not empty, nothing is moved")
    for table in tables:
        for row in old.execute(sa.select(table)).mappings():
            new.execute(sa.insert(table), dict(row))


source = sa.create_engine(sys.argv[1])
target = sa.create_engine(os.environ["DATABASE_URL"])
try:
    with source.connect() as old, target.begin() as new:
        move(old, new)
except sa.exc.DBAPIError as error:
    sys.exit(f"nothing is moved: {error.orig}")
print("moved")
