"""Fuzzing of AWS's responses: each is plausible except for one place, which breaks AWS's service model."""
