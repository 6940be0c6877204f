"""The command line: starts, stops and looks after an installation."""
