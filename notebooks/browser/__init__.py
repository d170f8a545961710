"""The browser edition: the course as static files, with Python in the reader's browser."""
