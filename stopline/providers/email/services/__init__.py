"""E-mail services with an HTTP interface, one module each: what it asks for, how it refuses, what it reports."""
