"""Stopline: customer messaging on many channels, with consent at its heart."""
