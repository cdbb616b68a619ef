"""What the local chat keeps: one SQLite file, a folder of files, and what is in memory while it runs."""
