"""Run the board's service: python -m classroom.board."""

from classroom.board.service import main

main()
