"""What an author of the course runs: refresh pages and their twins, print the sheets, begin a lesson or an exercise."""
