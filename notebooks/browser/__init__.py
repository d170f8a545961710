"""The course in the browser: builds a site of static files from the pages, and serves it to a room.

Run with the system's own Python or the course's: what else it needs lies in .made.
"""


class BrowserError(Exception):
    """What the one who runs the command can mend, as the one sentence to show."""
