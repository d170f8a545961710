"""What an author of the course runs: refresh pages and their twins, print the sheets, begin a lesson or an exercise."""


class AuthorError(Exception):
    """What an author has to mend before a command can go on: one sentence."""
