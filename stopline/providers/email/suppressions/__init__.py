"""The e-mail services' own lists of whom they refuse to write to: read, added to and taken from."""
