"""The exercises of the lessons, a file for each."""
