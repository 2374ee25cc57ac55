"""Answers, as a model reads them: tables, series, clipped text, the response budget."""
