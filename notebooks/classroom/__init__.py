"""The class server: what a teacher runs on a Linux machine so that a class works in browsers."""

TEACHER = "teacher"  # the hub's name of the one who looks at the board


class ClassError(Exception):
    """What the teacher can mend, as the one sentence to show."""
