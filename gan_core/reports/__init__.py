"""Figures for people: run, sweep and history as frames, text tables and pages, and pictures."""
