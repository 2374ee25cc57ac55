"""Gates that no tool of its own is for."""

CANNOT_RUN = 77  # the exit code of a gate that cannot run here, as automake's tests have it
