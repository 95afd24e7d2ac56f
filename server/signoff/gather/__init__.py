"""Joins over a survey: from what the systems say to the facts that one judge needs."""
