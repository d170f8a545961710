"""What the learner has begun in this kernel."""

lesson = None  # the number of the lesson, "05", or the name of a cheat sheet
started = set()  # the lessons that start() has begun or led back to
exercise = None  # the key of the open exercise, "05.1"
at_hand = None  # the key of the exercise that the learner has named or opened last; None in a lesson
tries = {}  # {key of an exercise: how many checks have failed since it was solved or begun anew}
said = {}  # {key of an exercise: what check() said last}
hints = {}  # {key of an exercise: how many hints were given}
faults = {}  # {key of an exercise: the fault that check() found last}
opened_at = {}  # {key of an exercise: how many cells had run when it was opened}
databases = {}  # {lesson: the database that postgres() has led it to}
on_postgresql = False  # whether postgres() or exercise() has led DATABASE_URL to a server
database_url = None  # the DATABASE_URL with which the kernel began
