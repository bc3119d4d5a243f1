"""The command line: click commands that read settings, call the rooms below and print."""
